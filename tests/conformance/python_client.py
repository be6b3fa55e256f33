"""Python's websockets, with permessage-deflate, against a running server that takes releases.

usage: python_client.py ENDPOINT TOKEN     exit 0: compressed messages arrive whole
"""
import asyncio
import json
import sys
import urllib.request

import websockets

ENDPOINT, TOKEN = sys.argv[1:3]
CHANGES = """subscription { processChanges(batch: { maxSize: 50, maxDelayMs: 20 }) {
  changes { ocid process { tender { title description } } } cursor } }"""


def publish(first, many):
    def release(number):
        tender = {"id": "t", "title": f"Żółw {number}", "description": "Straße " * 20, "status": "active"}
        return {"ocid": f"ocds-py-{number}", "id": str(number), "date": "2026-01-01T00:00:00Z", "tag": ["tender"],
                "initiationType": "tender", "tender": tender}

    query = "mutation($input: PublishReleasesInput!) { publishReleases(input: $input) { results { outcome } } }"
    given = {"dataset": "python", "releases": [release(number) for number in range(first, first + many)]}
    body = json.dumps({"query": query, "variables": {"input": given}}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
    with urllib.request.urlopen(urllib.request.Request(ENDPOINT, body, headers)) as answer:
        results = json.load(answer)["data"]["publishReleases"]["results"]
    assert all(result["outcome"] == "CREATED" for result in results), results


async def main():
    url = ENDPOINT.replace("http", "ws", 1)
    async with websockets.connect(url, subprotocols=["graphql-transport-ws"], compression="deflate") as socket:
        extensions = [extension.name for extension in socket.extensions] if hasattr(socket, "extensions") else \
            [extension.name for extension in socket.protocol.extensions]
        assert "permessage-deflate" in extensions, extensions
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        # A message that is large enough to be compressed, from here to there.
        query = CHANGES + " " * 5000
        await socket.send(json.dumps({"type": "subscribe", "id": "an id of its own", "payload": {"query": query}}))
        # Answered once the subscription before it was read.
        await socket.send(json.dumps({"type": "subscribe", "id": "2", "payload": {"query": "{ __typename }"}}))
        while json.loads(await socket.recv()).get("id") != "2":
            pass
        heard = []
        loop = asyncio.get_running_loop()
        for first in range(1, 101, 25):
            await loop.run_in_executor(None, publish, first, 25)
        while len(heard) < 100:
            message = json.loads(await asyncio.wait_for(socket.recv(), 20))
            if message["type"] != "next" or message["id"] != "an id of its own":
                continue
            for change in message["payload"]["data"]["processChanges"]["changes"]:
                assert change["process"]["tender"]["description"].startswith("Straße"), change
                heard.append(change["ocid"])
        assert heard == [f"ocds-py-{number}" for number in range(1, 101)], heard
    print(f"websockets {websockets.__version__}: {len(heard)} changes in compressed messages")


asyncio.run(main())
