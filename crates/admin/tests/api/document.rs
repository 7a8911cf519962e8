//! OpenAI's description of the operations, and whether an answer is as it says.

use serde_json::{Value, json};

/// `openai-admin.json`: its licence stands beside it.
pub(crate) struct Document(Value);

/// One of its operations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    /// In capitals.
    pub(crate) method: String,
    /// With names in braces.
    pub(crate) path: String,
}

impl Operation {
    pub(crate) fn new(text: &str) -> Self {
        let (method, path) = text.split_once(' ').unwrap();
        Self { method: method.to_owned(), path: format!("/organization{path}") }
    }

    /// The names in braces.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }
}

impl Document {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(include_str!("../openai-admin.json")).unwrap())
    }

    /// All operations of the document: this API must have them.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let operations = paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| Operation { method: method.to_uppercase(), path: path.clone() })
        });
        operations.collect()
    }

    /// The words that a parameter may be, or of which it may be a list.
    pub(crate) fn parameter(&self, operation: &Operation, name: &str) -> Vec<String> {
        let described = &self.0["paths"][&operation.path][operation.method.to_lowercase()];
        let parameters = described["parameters"].as_array().unwrap();
        let schema = &parameters.iter().find(|found| found["name"] == name).unwrap()["schema"];
        let words = schema["enum"].as_array().or_else(|| schema["items"]["enum"].as_array());
        words.unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    /// What is wrong with an answer of the operation; errors that the document does not mention have
    /// the form of those that it does.
    pub(crate) fn faults(&self, operation: &Operation, status: u16, body: &Value) -> Vec<String> {
        let Operation { method, path } = operation;
        let described = &self.0["paths"][path][method.to_lowercase()];
        assert!(described.is_object(), "{operation:?} is not in the document");
        let error = json!({ "$ref": "#/components/schemas/ErrorResponse" });
        let content = &described["responses"][status.to_string()]["content"];
        let schema = match (&content["application/json"]["schema"], status) {
            (Value::Null, 200) => return vec!["no schema".to_owned()],
            (Value::Null, _) => error,
            (schema, _) => schema.clone(),
        };
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.0["components"],
            "allOf": [schema],
        });
        let validator = jsonschema::validator_for(&whole).unwrap();
        validator.iter_errors(body).map(|e| format!("{}: {e}", e.instance_path())).collect()
    }
}

#[test]
fn answers_that_are_not_as_described_are_found() {
    let document = Document::read();
    let list = Operation::new("GET /users");
    let good = json!({ "object": "list", "data": [], "has_more": false });
    assert!(document.faults(&list, 200, &good).is_empty());
    let user = json!({ "object": "organization.user", "id": 1, "added_at": 0 });
    let bad = json!({ "object": "list", "data": [user], "has_more": false });
    assert_eq!(document.faults(&list, 200, &bad).len(), 1);
    assert!(!document.faults(&list, 404, &json!({ "error": { "message": "no" } })).is_empty());
}
