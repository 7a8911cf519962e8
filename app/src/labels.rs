//! Labels that stand in several places, each written once: whoever reads two pages finds the same word for the same thing.
//! What stands in one place is written there.

pub(crate) const ACCOUNT_MADE: &str = "Account made";
pub(crate) const ACTIONS: &str = "Actions";
pub(crate) const ACTIVE: &str = "Active";
pub(crate) const ADDED: &str = "Added";
pub(crate) const ADDRESS: &str = "Address";
pub(crate) const ADD_A_MEMBER: &str = "Add a member";
pub(crate) const ADD_A_THRESHOLD: &str = "Add a threshold";
pub(crate) const ADD_A_TIER: &str = "Add a tier";
pub(crate) const ADJUSTMENTS_OF_EARLIER_CYCLES: &str = "Adjustments of earlier cycles";
pub(crate) const ADMIN_KEYS: &str = "Admin keys";
pub(crate) const ADVISOR: &str = "Advisor";
pub(crate) const ALERTS: &str = "Alerts";
pub(crate) const ALL: &str = "All";
pub(crate) const ALL_API_KEYS: &str = "All API keys";
pub(crate) const ALL_MODELS: &str = "All models";
pub(crate) const ALL_PROJECTS: &str = "All projects";
pub(crate) const AMOUNT: &str = "Amount";
pub(crate) const AMOUNT_NOW: &str = "Amount now";
pub(crate) const ANDROID: &str = "Android";
pub(crate) const ANOTHER_E_MAIL_ADDRESS: &str = "Change your e-mail address";
pub(crate) const ANSWER: &str = "Answer";
pub(crate) const ANY: &str = "Any";
pub(crate) const API_KEY: &str = "API key";
pub(crate) const API_KEYS: &str = "API keys";
pub(crate) const ARCHIVED: &str = "Archived";
pub(crate) const ASKED_FOR: &str = "Asked for";
pub(crate) const AT_MOST: &str = "At most";
pub(crate) const AT_THEIR_TIMES: &str = "At their times";
pub(crate) const AT_TODAYS_PRICE: &str = "At today’s price";
pub(crate) const AUDIO_INPUT: &str = "Audio input";
pub(crate) const AUDIO_OUTPUT: &str = "Audio output";
pub(crate) const AUDIT_LOG: &str = "Audit log";
pub(crate) const A_BAR_OPENS_ITS_HOURS: &str = "A bar opens its hours.";
pub(crate) const A_MONTH: &str = "A month";
pub(crate) const A_NEW_ONE: &str = "A new one";
pub(crate) const A_PROJECT_KEEPS_ITS_KEYS_PEOPLE_BUDGETS_AND_USAGE_APART_FROM_THE_OTHERS: &str =
    "A project keeps its keys, people, budgets and usage apart from the others.";
pub(crate) const A_REQUEST: &str = "A request";
pub(crate) const BESIDES: &str = "Besides";
pub(crate) const BILLING: &str = "Billing";
pub(crate) const BILLING_CYCLE: &str = "Billing cycle";
pub(crate) const BILLING_PROFILE: &str = "Billing profile";
pub(crate) const BUDGET: &str = "Budget";
pub(crate) const BUDGETS: &str = "Budgets";
pub(crate) const BY: &str = "By";
pub(crate) const CACHED_INPUT: &str = "Cached input";
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const CHANGE: &str = "Change";
pub(crate) const CHANGE_E_MAIL: &str = "Change e-mail";
pub(crate) const CHANGE_PASSWORD: &str = "Change password";
pub(crate) const CHARGE: &str = "Charge";
pub(crate) const CHARGED: &str = "Charged";
pub(crate) const CHARGED_HERE: &str = "Charged here";
pub(crate) const CHARGED_IN_ALL: &str = "Charged in all";
pub(crate) const CHARGES: &str = "Charges";
pub(crate) const CHARGES_IN_DOUBT: &str = "Charges in doubt";
pub(crate) const CHECK_YOUR_MAIL: &str = "Check your mail";
pub(crate) const CHOOSE_A_MODEL: &str = "Choose a model";
pub(crate) const CHOOSE_A_NEW_PASSWORD: &str = "Choose a new password";
pub(crate) const CHOOSE_ONE_FROM_THE_LIST: &str = "Choose one from the list.";
pub(crate) const CLEAR: &str = "Clear";
pub(crate) const CLEAR_FILTERS: &str = "Clear filters";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const CLOSED: &str = "Closed";
pub(crate) const CLOSE_ORGANIZATION: &str = "Close organization";
pub(crate) const CODE: &str = "Code";
pub(crate) const CONFIRM_THAT_IT_IS_YOU: &str = "Confirm that it is you";
pub(crate) const COPY_YOUR_NEW_ADMIN_KEY_NOW: &str = "Copy your new admin key now";
pub(crate) const COPY_YOUR_NEW_KEY_NOW: &str = "Copy your new key now";
pub(crate) const CORRECTED: &str = "Corrected";
pub(crate) const CORRECTIONS: &str = "Corrections";
pub(crate) const CORRECT_A_CHARGE: &str = "Correct a charge";
pub(crate) const COST: &str = "Cost";
pub(crate) const COST_A_REQUEST: &str = "Cost a request";
pub(crate) const CROSSED: &str = "Crossed";
pub(crate) const DAY: &str = "Day";
pub(crate) const DAYS_WEEKS_AND_MONTHS_BEGIN_AT_MIDNIGHT_THERE: &str =
    "Days, weeks and months of budgets and charts begin at midnight there.";
pub(crate) const DEFAULT: &str = "Default";
pub(crate) const DEFAULT_PROJECT: &str = "Default project";
pub(crate) const DELETE_MY_ACCOUNT: &str = "Delete my account";
pub(crate) const DELETE_YOUR_ACCOUNT: &str = "Delete your account";
pub(crate) const DELIVERY: &str = "Delivery";
pub(crate) const DESIGN: &str = "Design";
pub(crate) const DEVICES: &str = "Devices";
pub(crate) const DIFFERENCE: &str = "Difference";
pub(crate) const DONE: &str = "Done";
pub(crate) const DONE_OR_DUE: &str = "Done or due";
pub(crate) const DROPPED: &str = "Dropped";
pub(crate) const DROPPED_ON: &str = "Dropped on";
pub(crate) const EARLIER_ALERTS: &str = "Earlier alerts";
pub(crate) const EDIT: &str = "Edit";
pub(crate) const ENTER_YOUR_CODE: &str = "Enter your code";
pub(crate) const ENVIRONMENT: &str = "Environment";
pub(crate) const ENVIRONMENT_FILE: &str = "Environment file";
pub(crate) const ESC: &str = "Esc";
pub(crate) const ESTIMATED: &str = "Estimated";
pub(crate) const ESTIMATOR: &str = "Estimator";
pub(crate) const EXCHEQUER: &str = "Exchequer";
pub(crate) const EXPIRED: &str = "Expired";
pub(crate) const EXPIRES: &str = "Expires";
pub(crate) const EXPORTS: &str = "Exports";
pub(crate) const EXPORT_CSV: &str = "Export CSV";
pub(crate) const E_MAIL: &str = "E-mail";
pub(crate) const FAILED: &str = "Failed";
pub(crate) const FILES: &str = "Files";
pub(crate) const FILL_IN_BILLING: &str = "Fill in billing";
pub(crate) const FILTERS: &str = "Filters";
pub(crate) const FIND: &str = "Find";
pub(crate) const FIRST_REQUEST: &str = "First request";
pub(crate) const FIRST_TOKEN: &str = "First token";
pub(crate) const FIRST_TOKEN_HALF_WITHIN: &str = "First token, half within";
pub(crate) const FORGOT_THE_PASSWORD: &str = "Forgot the password";
pub(crate) const FOR_REHEARSALS: &str = "For rehearsals";
pub(crate) const FOUND: &str = "Found";
pub(crate) const FOUND_SOMETHING: &str = "Found something";
pub(crate) const FREES_UP: &str = "Frees up";
pub(crate) const FROM: &str = "From";
pub(crate) const GO_TO_THE_OVERVIEW: &str = "Go to the overview";
pub(crate) const GUARDS: &str = "Guards";
pub(crate) const HALF_OF_THEM_WITHIN: &str = "Half of them within";
pub(crate) const HALF_WITHIN: &str = "Half within";
pub(crate) const HELP: &str = "Help";
pub(crate) const HOLDS_FROM: &str = "Holds from";
pub(crate) const HOUR: &str = "Hour";
pub(crate) const IMPORT_LABELS: &str = "Import labels";
pub(crate) const IMPORT_PRICES: &str = "Import prices";
pub(crate) const INPUT: &str = "Input";
pub(crate) const INPUT_TOKENS: &str = "Input tokens";
pub(crate) const INTERRUPTED: &str = "Interrupted";
pub(crate) const INVITED: &str = "Invited";
pub(crate) const INVITE_PEOPLE: &str = "Invite people";
pub(crate) const INVOICE: &str = "Invoice";
pub(crate) const INVOICE_ASKS_MORE_BY: &str = "Invoice asks more by";
pub(crate) const IN_FORCE: &str = "In force";
pub(crate) const IN_PERCENT_OF_OURS: &str = "In percent of ours";
pub(crate) const IN_SHORT: &str = "In short";
pub(crate) const ITS_OWNERS_READ_IT_IN_THEIR_AUDIT_LOG: &str =
    "Its owners read it in their audit log.";
pub(crate) const ITS_OWN_BUDGET: &str = "Its own budget";
pub(crate) const IT_IS_IN_FORCE_ON_EVERY_NODE_WITHIN_A_SECOND: &str =
    "It is in force on every node within a second.";
pub(crate) const IT_SHOWS_UP: &str = "It shows up here within a second; reload the page.";
pub(crate) const I_HAVE_STORED_THE_KEY: &str = "I have stored the key";
pub(crate) const JOBS: &str = "Jobs";
pub(crate) const KEEP_KEY: &str = "Keep key";
pub(crate) const KEY: &str = "Key";
pub(crate) const KEYBOARD: &str = "Keyboard";
pub(crate) const KEYS: &str = "Keys";
pub(crate) const LAST: &str = "Last";
pub(crate) const LAST_DONE: &str = "Last done";
pub(crate) const LAST_FAILURE: &str = "Last failure";
pub(crate) const LAST_HEARTBEAT: &str = "Last heartbeat";
pub(crate) const LAST_SESSION: &str = "Last session";
pub(crate) const LAST_TIME: &str = "Last time";
pub(crate) const LAST_USED: &str = "Last used";
pub(crate) const LAST_USED_HERE: &str = "Last used here";
pub(crate) const LATENCY: &str = "Latency";
pub(crate) const LATEST_REFUSALS: &str = "Latest refusals";
pub(crate) const LEAKED: &str = "Leaked";
pub(crate) const LEAVE_ORGANIZATION: &str = "Leave organization";
pub(crate) const LEFT: &str = "Left";
pub(crate) const LEFT_WHICH_WAS_TOO_LITTLE: &str = "Left, which was too little";
pub(crate) const LEGAL_NAME: &str = "Legal name";
pub(crate) const LIMITS: &str = "Limits";
pub(crate) const LINK_NOT_VALID: &str = "Link not valid";
pub(crate) const LINUX: &str = "Linux";
pub(crate) const LOOK_FURTHER_BACK: &str = "Look further back";
pub(crate) const MADE: &str = "Made";
pub(crate) const MADE_BY: &str = "Made by";
pub(crate) const MAILS: &str = "Mails";
pub(crate) const MAILS_WAIT_IN_THE_OUTBOX: &str = "Mails wait in the outbox.";
pub(crate) const MAIL_ALSO_TO: &str = "Mail also to";
pub(crate) const MAKE_A_KEY: &str = "Make a key";
pub(crate) const MAKE_A_PROJECT: &str = "Make a project";
pub(crate) const MAKE_KEY: &str = "Make key";
pub(crate) const MEASURE: &str = "Measure";
pub(crate) const MEMBER: &str = "Member";
pub(crate) const MEMBERS: &str = "Members";
pub(crate) const MEMBER_REMOVED: &str = "Member removed.";
pub(crate) const MEMBER_SINCE: &str = "Member since";
pub(crate) const MODEL: &str = "Model";
pub(crate) const MODELS: &str = "Models";
pub(crate) const MONTH: &str = "Month";
pub(crate) const NAME: &str = "Name";
pub(crate) const NEVER: &str = "Never";
pub(crate) const NEVER_USED: &str = "Never used";
pub(crate) const NEVER_YET: &str = "Never yet";
pub(crate) const NEWEST: &str = "Newest";
pub(crate) const NEW_ADMIN_KEY: &str = "New admin key";
pub(crate) const NEW_KEY: &str = "New key";
pub(crate) const NEW_ORGANIZATION: &str = "New organization";
pub(crate) const NEW_PASSWORD: &str = "New password";
pub(crate) const NEW_PERSONAL_KEY: &str = "New personal key";
pub(crate) const NEW_PROJECT: &str = "New project";
pub(crate) const NEXT_TIME: &str = "Next time";
pub(crate) const NODE: &str = "Node";
pub(crate) const NODES: &str = "Nodes";
pub(crate) const NONE: &str = "None";
pub(crate) const NOTHING_IS_FOUND: &str = "Nothing is found";
pub(crate) const NOTHING_IS_SHOWN: &str = "Nothing is shown";
pub(crate) const NOTHING_WAS_CHANGED: &str = "Nothing was changed";
pub(crate) const NOTHING_WAS_CHARGED: &str = "Nothing was charged";
pub(crate) const NOTHING_WAS_SAVED: &str = "Nothing was saved";
pub(crate) const NOTHING_WAS_SENT: &str = "Nothing was sent";
pub(crate) const NOTHING_WAS_SENT_SAID: &str = "Nothing was sent.";
pub(crate) const NOTHING_WAS_USED: &str = "Nothing was used";
pub(crate) const NOT_AS_ASKED: &str = "Not as asked.";
pub(crate) const NOT_KEPT: &str = "Not kept";
pub(crate) const NOT_KNOWN: &str = "Not known";
pub(crate) const NOT_VERIFIED: &str = "Not verified";
pub(crate) const NOW: &str = "Now";
pub(crate) const NO_ACCOUNT_WAS_MADE: &str = "No account was made";
pub(crate) const NO_ANSWER: &str = "No answer";
pub(crate) const NO_KEY_WAS_MADE: &str = "No key was made";
pub(crate) const NO_MAIL_WAS_SENT: &str = "No mail was sent";
pub(crate) const NO_REQUEST_YET: &str = "No request yet";
pub(crate) const NO_THRESHOLD_IS_SET: &str = "No threshold is set";
pub(crate) const OFF: &str = "Off";
pub(crate) const OF_WHICH_CACHED: &str = "Of which cached";
pub(crate) const OLDER: &str = "Older";
pub(crate) const ON: &str = "On";
pub(crate) const ON_ITS_STATEMENT: &str = "On its statement";
pub(crate) const ON_NO_STATEMENT_YET: &str = "On no statement yet";
pub(crate) const ON_THIS_PAGE: &str = "On this page";
pub(crate) const OPENAI_ORGANIZATION: &str = "OpenAI-Organization";
pub(crate) const OPENAI_PROJECT: &str = "OpenAI-Project";
pub(crate) const OPEN_ALERTS: &str = "Open alerts";
pub(crate) const OPERATOR: &str = "Operator";
pub(crate) const ORGANIZATION: &str = "Organization";
pub(crate) const ORGANIZATIONS: &str = "Organizations";
pub(crate) const ORGANIZATION_OWNER: &str = "Organization owner";
pub(crate) const OTHER_PROJECTS_OF_THE_ORGANIZATION: &str = "Other projects of the organization";
pub(crate) const OUTBOX: &str = "Outbox";
pub(crate) const OUTCOME: &str = "Outcome";
pub(crate) const OUTPUT: &str = "Output";
pub(crate) const OUTPUT_TOKENS: &str = "Output tokens";
pub(crate) const OVERVIEW: &str = "Overview";
pub(crate) const OWNER: &str = "Owner";
pub(crate) const PASSWORD: &str = "Password";
pub(crate) const PASSWORD_CHANGED: &str = "Password changed.";
pub(crate) const PAUSED: &str = "Paused";
pub(crate) const PERMISSIONS: &str = "Permissions";
pub(crate) const PERSON: &str = "Person";
pub(crate) const PERSONAL_KEY: &str = "Personal key";
pub(crate) const PERSONAL_KEYS: &str = "Personal keys";
pub(crate) const PLANNED: &str = "Planned";
pub(crate) const PLAYGROUND: &str = "Playground";
pub(crate) const PRICES: &str = "Prices";
pub(crate) const PRICE_BOOK: &str = "Price book";
pub(crate) const PROJECT: &str = "Project";
pub(crate) const PROJECTS: &str = "Projects";
pub(crate) const PROJECT_AND_KEY: &str = "Project and key";
pub(crate) const PROJECT_ARCHIVED: &str = "Project archived";
pub(crate) const PROJECT_ID: &str = "Project ID";
pub(crate) const PROJECT_MADE: &str = "Project made.";
pub(crate) const PROMPT: &str = "Prompt";
pub(crate) const PROMPTS_AND_ANSWERS: &str = "Prompts and answers";
pub(crate) const PROMPT_AND_ANSWER: &str = "Prompt and answer";
pub(crate) const PROMPT_TOKENS: &str = "Prompt tokens";
pub(crate) const RAISE_BUDGET: &str = "Raise budget";
pub(crate) const RANGE: &str = "Range";
pub(crate) const RATES: &str = "Rates";
pub(crate) const REASON: &str = "Reason";
pub(crate) const REASONING: &str = "Reasoning";
pub(crate) const RECEIPT: &str = "Receipt";
pub(crate) const RECIPIENT: &str = "Recipient";
pub(crate) const REFUSED: &str = "Refused";
pub(crate) const REFUSED_BY: &str = "Refused by";
pub(crate) const REFUSED_REQUESTS: &str = "Refused requests";
pub(crate) const REMOVE: &str = "Remove";
pub(crate) const REMOVE_MEMBER: &str = "Remove member";
pub(crate) const RENAME_KEY: &str = "Rename key";
pub(crate) const REPORTS: &str = "Reports";
pub(crate) const REQUEST: &str = "Request";
pub(crate) const REQUESTS: &str = "Requests";
pub(crate) const REQUESTS_ARE_REFUSED_UNTIL_BILLING_IS_FILLED_IN: &str =
    "Requests are refused until billing is filled in.";
pub(crate) const REQUESTS_AT_ONCE_AT_MOST: &str = "Requests at once, at most";
pub(crate) const REQUESTS_OF_THIS_BILLING_CYCLE_ARE_STILL_RUNNING: &str =
    "Requests of this billing cycle are still running.";
pub(crate) const REQUESTS_OWN_PROJECTS_AND_KEYS: &str = "Requests, own projects and keys";
pub(crate) const REQUESTS_TODAY: &str = "Requests today";
pub(crate) const RESERVED: &str = "Reserved";
pub(crate) const RESETS: &str = "Resets";
pub(crate) const RESUME: &str = "Resume";
pub(crate) const REVIEW: &str = "Review";
pub(crate) const REVOKE: &str = "Revoke";
pub(crate) const REVOKED: &str = "Revoked";
pub(crate) const RISES_AT: &str = "Rises at";
pub(crate) const ROLE: &str = "Role";
pub(crate) const RUNNING: &str = "Running";
pub(crate) const SANDBOX: &str = "Sandbox";
pub(crate) const SAVE: &str = "Save";
pub(crate) const SAVED: &str = "Saved.";
pub(crate) const SEARCH: &str = "Search";
pub(crate) const SEARCH_PAGES_PROJECTS_KEYS_PEOPLE_AND_ACTIONS: &str =
    "Search pages, projects, keys, people and actions";
pub(crate) const SEARCH_THE_HELP: &str = "Search the help";
pub(crate) const SECOND_FACTOR: &str = "Second factor";
pub(crate) const SEE_BUDGET: &str = "See budget";
pub(crate) const SEE_BUDGETS: &str = "See budgets";
pub(crate) const SEE_HOW: &str = "See how";
pub(crate) const SEE_LIMITS: &str = "See limits";
pub(crate) const SEE_USAGE: &str = "See usage";
pub(crate) const SEND_IT_AGAIN: &str = "Send it again";
pub(crate) const SEND_ME_A_TEST_ALERT: &str = "Send me a test alert";
pub(crate) const SEND_PROMPT: &str = "Send prompt";
pub(crate) const SEND_YOUR_FIRST_REQUEST: &str = "Send your first request";
pub(crate) const SENT: &str = "Sent";
pub(crate) const SERVERS_ANSWER: &str = "Server’s answer";
pub(crate) const SERVICE_ACCOUNT: &str = "Service account";
pub(crate) const SERVICE_ACCOUNTS: &str = "Service accounts";
pub(crate) const SETTINGS: &str = "Settings";
pub(crate) const SET_A_BUDGET: &str = "Set a budget";
pub(crate) const SET_IT_UP: &str = "Set it up";
pub(crate) const SET_UP: &str = "Set up";
pub(crate) const SET_UP_EXCHEQUER: &str = "Set up Exchequer";
pub(crate) const SHOW: &str = "Show";
pub(crate) const SHOW_ALL_REQUESTS: &str = "Show all requests";
pub(crate) const SIGNED_IN: &str = "Signed in";
pub(crate) const SIGNED_OUT: &str = "Signed out.";
pub(crate) const SIGN_IN: &str = "Sign in";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const SIGN_UP: &str = "Sign up";
pub(crate) const SINCE_THE_CLOSE: &str = "Since the close";
pub(crate) const SIZE: &str = "Size";
pub(crate) const SOURCE: &str = "Source";
pub(crate) const SPENT: &str = "Spent";
pub(crate) const SPENT_THEN: &str = "Spent then";
pub(crate) const SPENT_THIS_CYCLE: &str = "Spent this cycle";
pub(crate) const STATE: &str = "State";
pub(crate) const STATEMENT: &str = "Statement";
pub(crate) const STATEMENTS: &str = "Statements";
pub(crate) const STOP_THESE_MAILS: &str = "Stop these mails";
pub(crate) const STREAMED: &str = "Streamed";
pub(crate) const TAG: &str = "Tag";
pub(crate) const TAGS: &str = "Tags";
pub(crate) const TAKE_BACK: &str = "Take back";
pub(crate) const TAKE_OVER: &str = "Take over";
pub(crate) const TEAM: &str = "Team";
pub(crate) const THE_CHART_COULD_NOT_BE_DRAWN: &str = "The chart could not be drawn.";
pub(crate) const THE_KEY_ITSELF_IS_SHOWN_ON_THE_NEXT_PAGE_THIS_ONCE: &str =
    "The key itself is shown on the next page, this once.";
pub(crate) const THE_OPERATOR: &str = "The operator";
pub(crate) const THE_PASSWORD_WAS_NOT_CHANGED: &str = "The password was not changed";
pub(crate) const THE_SERVER_SAID: &str = "The server said";
pub(crate) const THIS_ADMIN_KEY_WAS_MADE_ALREADY: &str = "This admin key was made already";
pub(crate) const THIS_CYCLE: &str = "This cycle";
pub(crate) const THIS_INVITATION_DOES_NOT_WORK: &str = "This invitation does not work";
pub(crate) const THIS_KEY_WAS_MADE_ALREADY: &str = "This key was made already";
pub(crate) const THIS_LINK_IS_NOT_VALID: &str = "This link is not valid";
pub(crate) const THRESHOLDS: &str = "Thresholds";
pub(crate) const TIER: &str = "Tier";
pub(crate) const TIME: &str = "Time";
pub(crate) const TIMELINE: &str = "Timeline";
pub(crate) const TIME_ZONE: &str = "Time zone";
pub(crate) const TODAY: &str = "Today";
pub(crate) const TOGETHER: &str = "Together";
pub(crate) const TOKENS: &str = "Tokens";
pub(crate) const TOKENS_IN: &str = "Tokens in";
pub(crate) const TOKENS_OUT: &str = "Tokens out";
pub(crate) const TOLD: &str = "Told";
pub(crate) const TOTAL: &str = "Total";
pub(crate) const TOTAL_TIME: &str = "Total time";
pub(crate) const TO_INCLUDED: &str = "To, included";
pub(crate) const TREND: &str = "Trend";
pub(crate) const UNKNOWN: &str = "Unknown";
pub(crate) const UNPRICED: &str = "Unpriced";
pub(crate) const UNTIL: &str = "Until";
pub(crate) const UNTIL_INCLUDED: &str = "Until, included";
pub(crate) const UNTRACKED: &str = "Untracked";
pub(crate) const UNTRACKED_KEY: &str = "Untracked key";
pub(crate) const USAGE: &str = "Usage";
pub(crate) const USAGE_LIMIT: &str = "Usage limit";
pub(crate) const USAGE_LIMIT_PER_MONTH: &str = "Usage limit per month";
pub(crate) const USAGE_TIER: &str = "Usage tier";
pub(crate) const USAGE_TIERS: &str = "Usage tiers";
pub(crate) const USED: &str = "Used";
pub(crate) const USERS: &str = "Users";
pub(crate) const USE_THIS_ADDRESS: &str = "Use this address";
pub(crate) const UTC: &str = "UTC";
pub(crate) const WAITING_FOR_THE_FIRST: &str = "Waiting for the first request…";
pub(crate) const WAIT_FOR_FIRST_TOKEN: &str = "Wait for first token";
pub(crate) const WAIT_FOR_THE_ANSWER: &str = "Wait for the answer";
pub(crate) const WAS: &str = "Was";
pub(crate) const WEEK: &str = "Week";
pub(crate) const WHAT: &str = "What";
pub(crate) const WHAT_CAME_OF_IT: &str = "What came of it";
pub(crate) const WHAT_HOLDS_NOW_IS_SHOWN_BELOW: &str = "What holds now is shown below.";
pub(crate) const WHEN: &str = "When";
pub(crate) const WHOLE_ANSWER_HALF_WITHIN: &str = "Whole answer, half within";
pub(crate) const WHO_IS_MAILED: &str = "Who is mailed";
pub(crate) const WHY: &str = "Why";
pub(crate) const WINDOWS: &str = "Windows";
pub(crate) const WITHOUT_AN_ANSWER: &str = "Without an answer";
pub(crate) const WOULD_BE_REFUSED: &str = "Would be refused";
pub(crate) const WOULD_HAVE_BEEN_REFUSED: &str = "Would have been refused";
pub(crate) const WRITTEN: &str = "Written";
pub(crate) const YOU: &str = "You";
pub(crate) const YOUR_ACCOUNT: &str = "Your account";
pub(crate) const YOUR_ACCOUNT_WAS_NOT_DELETED: &str = "Your account was not deleted.";
pub(crate) const YOUR_API_KEYS: &str = "Your API keys";
pub(crate) const YOUR_NAME: &str = "Your name";
pub(crate) const YOUR_OWN_PRICES: &str = "Your own prices";
pub(crate) const YOUR_ROLE: &str = "Your role";
pub(crate) const YOU_ARE_NOT_SIGNED_IN: &str = "You are not signed in";
pub(crate) const YOU_ARE_SIGNED_OUT_ON_ALL_OTHER_DEVICES: &str =
    "You are signed out on all other devices.";
pub(crate) const YOU_SIGN_IN_WITH_IT_AND_ALERTS_GO_THERE: &str =
    "You sign in with it, and alerts go there.";
pub(crate) const WHAT_A_KEY_IS: &str =
    "A key lets an application send requests for one project. It is shown once, when it is made.";
pub(crate) const EMPTY_NO_LIMIT: &str = "Empty: no limit.";
pub(crate) const SENT_BEFORE: &str = "The form was sent before, so no second key was made. A key is shown in one answer alone and can’t be shown again. If you did not get to store it, revoke it and make another one.";
pub(crate) const SHOWN_ONCE: &str =
    "This is the only time it is shown. Exchequer keeps a fingerprint, not the key.";

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    /// Where parts are shown with words of nowhere, what the browser gets, and this file.
    const APART: [&str; 4] = ["design", "islands", "tests.rs", "labels.rs"];
    /// Words that are no labels: part of an example, or of a sentence that goes on.
    const FINE: [&str; 3] = ["Hello", "Entry ", "Complete to "];

    fn read(folder: &Path, typed: &mut BTreeMap<String, Vec<String>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if APART.iter().any(|name| path.ends_with(name)) {
                continue;
            }
            if path.is_dir() {
                read(&path, typed);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code.lines().map(str::trim);
            for line in lines.filter(|line| !line.starts_with("//") && !line.starts_with("#[")) {
                for text in line.split('"').skip(1).step_by(2).filter(|text| is_label(text)) {
                    typed.entry(text.to_owned()).or_default().push(path.display().to_string());
                }
            }
        }
    }

    /// Begins like a label, and has nothing of a format, an address or a name of a program.
    fn is_label(text: &str) -> bool {
        text.len() > 2
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| c.is_alphabetic() || " -,.:’…".contains(c))
    }

    #[test]
    fn no_label_is_typed_in_two_places() {
        let mut typed = BTreeMap::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut typed);
        assert!(typed.len() > 300, "where have the labels gone? {}", typed.len());
        typed.retain(|text, places| places.len() > 1 && !FINE.contains(&text.as_str()));
        assert!(typed.is_empty(), "write these in labels.rs: {typed:#?}");
    }
}
