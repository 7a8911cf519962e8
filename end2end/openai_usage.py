"""Asks for usage and costs with OpenAI's own Python client, set up by its environment variables alone.

Its arguments are a start in seconds since 1970 and a project. Prints one JSON object: what each answer
told, after as many pages as it took.
"""

import json
import sys

from openai import OpenAI

start, project = int(sys.argv[1]), sys.argv[2]
client = OpenAI()
usage = client.admin.organization.usage


def results(ask, **more):
    """The results of all buckets, and over how many pages they were."""
    found, pages, page = [], 0, {}
    while True:
        answer = ask(start_time=start, project_ids=[project], **more, **page)
        found += [result.model_dump() for bucket in answer.data for result in bucket.results]
        pages += 1
        if not answer.has_more:
            return {"results": found, "pages": pages}
        page = {"page": answer.next_page}


print(
    json.dumps(
        {
            "completions": results(
                usage.completions,
                bucket_width="1h",
                group_by=["project_id", "user_id", "api_key_id", "model", "batch", "service_tier"],
                models=["sandbox-tokens", "sandbox-dime"],
                limit=1,
            ),
            "minutes": results(usage.completions, bucket_width="1m", batch=False),
            "embeddings": results(usage.embeddings, group_by=["model"]),
            "images": results(usage.images, group_by=["size", "source"]),
            "costs": results(usage.costs, group_by=["line_item", "project_id"]),
        }
    )
)
