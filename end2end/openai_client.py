"""Asks the gateway with OpenAI's own Python client, set up by its environment variables alone.

Prints one JSON object: what each answer said of its usage, and the models that are listed.
"""

import json
import sys

from openai import OpenAI

text, max_tokens = sys.argv[1], int(sys.argv[2])
client = OpenAI()
ask = {
    "model": "sandbox-tokens",
    "messages": [{"role": "user", "content": text}],
    "max_tokens": max_tokens,
}

chat = client.chat.completions.create(**ask)

streamed = None
words = ""
with client.chat.completions.create(
    **ask, stream=True, stream_options={"include_usage": True}
) as stream:
    for chunk in stream:
        streamed = chunk.usage or streamed
        words += "".join(choice.delta.content or "" for choice in chunk.choices)

embedding = client.embeddings.create(model="sandbox-embed", input=text)

print(
    json.dumps(
        {
            "chat": chat.usage.model_dump(),
            "same": words == chat.choices[0].message.content,
            "stream": streamed.model_dump(),
            "embedding": embedding.usage.model_dump(),
            "dimensions": len(embedding.data[0].embedding),
            "models": [model.id for model in client.models.list()],
        }
    )
)
