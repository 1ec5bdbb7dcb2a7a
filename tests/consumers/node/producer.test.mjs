// SPDX-License-Identifier: Apache-2.0
// sqs-producer: sends lists of any length in batches of ten.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Producer } from "sqs-producer";
import { counts, createQueue, receive, region, sqs } from "./queues.mjs";

after(() => sqs.destroy());

const messages = (count) =>
  Array.from({ length: count }, (_, n) => ({ id: `id-${n}`, body: `body ${n}` }));

/** Everything in the queue, in the order it is received. */
async function receiveAll(queueUrl) {
  const found = [];
  for (;;) {
    const batch = await receive(queueUrl);
    if (batch.length === 0) return found;
    found.push(...batch);
  }
}

describe("sqs-producer", { concurrency: true }, () => {
  test("twenty-five messages go in three batches", async () => {
    const queueUrl = await createQueue({ VisibilityTimeout: "600" });
    const producer = Producer.create({ queueUrl, sqs });
    const sent = await producer.send(messages(25));
    assert.deepEqual(
      sent.map((result) => result.Id),
      messages(25).map((message) => message.id),
    );
    assert.equal(await producer.queueSize(), 25);
    const got = await receiveAll(queueUrl);
    const byId = new Map(got.map((message) => [message.MessageId, message.Body]));
    assert.deepEqual(
      sent.map((result) => byId.get(result.MessageId)),
      messages(25).map((message) => message.body),
    );
  });

  test("strings, attributes and delays pass", async () => {
    const queueUrl = await createQueue({ VisibilityTimeout: "600" });
    const producer = Producer.create({ queueUrl, sqs });
    const messageAttributes = {
      text: { DataType: "String", StringValue: "Grüße \u{1F30A}" },
      blob: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
    };
    await producer.send([
      "just-text",
      { id: "rich", body: "with attributes", messageAttributes },
      { id: "later", body: "later", delaySeconds: 600 },
    ]);
    assert.deepEqual(await counts(queueUrl), [2, 0, 1]);
    const [plain, rich] = await receive(queueUrl);
    assert.equal(plain.Body, "just-text");
    assert.deepEqual(rich.MessageAttributes.text, messageAttributes.text);
    assert.deepEqual([...rich.MessageAttributes.blob.BinaryValue], [0, 255]);
  });

  test("a FIFO queue keeps the order of the list and drops what it knows", async () => {
    const queueUrl = await createQueue({ FifoQueue: "true", VisibilityTimeout: "600" });
    const producer = Producer.create({ queueUrl, sqs });
    const list = messages(25).map((message, n) => ({
      ...message,
      groupId: "group",
      deduplicationId: `once-${n}`,
    }));
    const first = await producer.send(list);
    const second = await producer.send(list);
    assert.deepEqual(
      second.map((result) => [result.MessageId, result.SequenceNumber]),
      first.map((result) => [result.MessageId, result.SequenceNumber]),
    );
    const numbers = first.map((result) => BigInt(result.SequenceNumber));
    assert.ok(numbers.every((number, n) => n === 0 || number > numbers[n - 1]));
    assert.deepEqual(await counts(queueUrl), [25, 0, 0]);
    const got = await receive(queueUrl);
    assert.deepEqual(
      got.map((message) => message.Body),
      list.slice(0, 10).map((message) => message.body),
    );
  });

  test("entries that are refused are named, the others are sent", async () => {
    const queueUrl = await createQueue({ MaximumMessageSize: "1024" });
    const producer = Producer.create({ queueUrl, sqs });
    const list = messages(12);
    list[3].body = "x".repeat(1025);
    list[11].body = "x".repeat(1025);
    await assert.rejects(producer.send(list), (error) => {
      assert.match(error.message, /^Failed to send messages: id-3, id-11/);
      assert.deepEqual(error.failedMessages, ["id-3", "id-11"]);
      return true;
    });
    assert.deepEqual(await counts(queueUrl), [10, 0, 0]);
  });

  test("without an endpoint the queue's URL says where to go", async () => {
    const queueUrl = await createQueue();
    await Producer.create({ queueUrl, region }).send("by-URL");
    const [message] = await receive(queueUrl);
    assert.equal(message.Body, "by-URL");
  });
});
