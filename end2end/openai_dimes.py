"""Asks for a dime's worth several times with OpenAI's own Python client, set up by its environment
variables alone. Prints how many answers came."""

import sys

from openai import OpenAI

client = OpenAI()
answers = [
    client.chat.completions.create(
        model="sandbox-dime", messages=[{"role": "user", "content": "Heads or tails?"}]
    )
    for _ in range(int(sys.argv[1]))
]
print(len(answers))
