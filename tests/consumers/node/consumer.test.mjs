// SPDX-License-Identifier: Apache-2.0
// sqs-consumer: the loop that most Node.js services have around SQS.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import { Consumer } from "sqs-consumer";
import {
  attributesOf,
  counts,
  createQueue,
  gate,
  newClient,
  receive,
  region,
  send,
  sqs,
  until,
  untilEmpty,
} from "./queues.mjs";

const running = [];

after(() => {
  for (const consumer of running) consumer.stop({ abort: true });
  sqs.destroy();
});

/** A started consumer; what it is not expected to complain about ends the test. */
function consume(queueUrl, options) {
  const consumer = Consumer.create({
    queueUrl,
    sqs: newClient(),
    waitTimeSeconds: 1,
    suppressFifoWarning: true,
    messageSystemAttributeNames: ["All"],
    ...options,
  });
  consumer.errors = [];
  for (const event of ["error", "processing_error", "timeout_error"]) {
    consumer.on(event, (error) => consumer.errors.push(`${event}: ${error.message}`));
  }
  running.push(consumer);
  consumer.start();
  return consumer;
}

const deliveriesOf = (message) => Number(message.Attributes.ApproximateReceiveCount);

describe("sqs-consumer", { concurrency: true }, () => {
  test("messages are handled one by one and deleted", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    const seen = [];
    const consumer = consume(url, {
      batchSize: 10,
      messageAttributeNames: ["All"],
      handleMessage: async (message) => {
        seen.push([message.Body, message.MessageAttributes?.n.StringValue]);
      },
    });
    const sent = Array.from({ length: 23 }, (_, n) => [`body ${n}`, String(n)]);
    for (const [body, n] of sent) {
      const MessageAttributes = { n: { DataType: "Number", StringValue: n } };
      await send(url, body, { MessageAttributes });
    }
    await until(() => seen.length === 23, "all messages");
    await untilEmpty(url);
    assert.deepEqual(seen.sort(), sent.sort());
    assert.deepEqual(consumer.errors, []);
  });

  test("a handler of batches acknowledges a part of them", async () => {
    const url = await createQueue({ VisibilityTimeout: "3" });
    for (const body of ["good 1", "bad", "good 2"]) await send(url, body);
    const batches = [];
    const consumer = consume(url, {
      batchSize: 10,
      handleMessageBatch: async (messages) => {
        batches.push(messages.map((message) => message.Body));
        return messages.filter((message) => message.Body !== "bad" || deliveriesOf(message) > 1);
      },
    });
    await until(() => batches.length === 2, "the rest of the batch to come back");
    await untilEmpty(url);
    assert.deepEqual(batches, [["good 1", "bad", "good 2"], ["bad"]]);
    assert.deepEqual(consumer.errors, []);
  });

  test("a failed message comes back after the visibility timeout", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    const deliveries = [];
    const consumer = consume(url, {
      visibilityTimeout: 2,
      handleMessage: async (message) => {
        deliveries.push([deliveriesOf(message), Date.now()]);
        if (deliveries.length < 3) throw new Error("not yet");
      },
    });
    await send(url, "try again");
    await until(() => deliveries.length === 3, "three deliveries");
    await untilEmpty(url);
    assert.deepEqual(
      deliveries.map(([count]) => count),
      [1, 2, 3],
    );
    // Shorter by what the answers took to arrive.
    assert.ok(deliveries[1][1] - deliveries[0][1] > 1500, "not before the timeout");
    assert.equal(consumer.errors.length, 2);
    assert.match(consumer.errors[0], /^processing_error: .*not yet/);
  });

  test("terminateVisibilityTimeout brings a failed message back at once", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    const deliveries = [];
    consume(url, {
      terminateVisibilityTimeout: true,
      handleMessage: async (message) => {
        deliveries.push(deliveriesOf(message));
        if (deliveries.length < 3) throw new Error("not yet");
      },
    });
    await send(url, "at once");
    await until(() => deliveries.length === 3, "three deliveries");
    await untilEmpty(url);
    assert.deepEqual(deliveries, [1, 2, 3]);
  });

  test("a heartbeat hides a message for as long as its handler takes", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    const { open, opened } = gate();
    const handled = [];
    const consumer = consume(url, {
      visibilityTimeout: 5,
      heartbeatInterval: 3,
      handleMessage: async (message) => {
        handled.push(deliveriesOf(message));
        await opened;
      },
    });
    await send(url, "slow");
    await until(() => handled.length === 1, "the handler to begin");
    // More than the visibility timeout goes by in this poll, which ends well before a heartbeat:
    // one that crosses the delete is refused.
    assert.deepEqual(await receive(url, { WaitTimeSeconds: 8 }), []);
    assert.deepEqual(await counts(url), [0, 1, 0]);
    open();
    await untilEmpty(url);
    assert.deepEqual(handled, [1]);
    assert.deepEqual(consumer.errors, []);
  });

  test("without a heartbeat somebody else gets the message of a slow handler", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    const { open, opened } = gate();
    const handled = [];
    consume(url, {
      visibilityTimeout: 1,
      handleMessage: async (message) => {
        handled.push(deliveriesOf(message));
        await opened;
      },
    });
    await send(url, "slow");
    await until(() => handled.length === 1, "the handler to begin");
    const [message] = await receive(url, { WaitTimeSeconds: 20 });
    assert.equal(message.Body, "slow");
    assert.equal(deliveriesOf(message), 2);
    open();
    // The handler's late delete counts, as a standard queue takes old handles.
    await untilEmpty(url);
  });

  test("a handler that takes too long is given up", async () => {
    const url = await createQueue({ VisibilityTimeout: "3" });
    const { opened } = gate();
    const deliveries = [];
    const consumer = consume(url, {
      handleMessageTimeout: 200,
      handleMessage: async (message) => {
        deliveries.push(deliveriesOf(message));
        if (deliveries.length === 1) await opened;
      },
    });
    await send(url, "stuck");
    await until(() => deliveries.length === 2, "the second delivery");
    await untilEmpty(url);
    assert.equal(consumer.errors.length, 1);
    assert.match(consumer.errors[0], /^timeout_error: .*timed out after 200ms/);
  });

  test("stop() lets the handler finish and leaves nothing in flight", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    const { open, opened } = gate();
    const handled = [];
    const consumer = consume(url, {
      pollingCompleteWaitTimeMs: 20_000,
      handleMessage: async (message) => {
        await opened;
        handled.push(message.Body);
      },
    });
    await send(url, "last");
    await until(async () => (await counts(url))[1] === 1, "the message to be in flight");
    consumer.stop();
    await send(url, "not for this consumer");
    let stopped = false;
    const ended = once(consumer, "stopped").then(() => (stopped = true));
    open();
    await ended;
    assert.ok(stopped);
    assert.deepEqual(handled, ["last"]);
    assert.deepEqual(await counts(url), [1, 0, 0]);
    assert.deepEqual(consumer.errors, []);
  });

  test("an aborted poll takes no message", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    for (let round = 1; round <= 5; round++) {
      const client = newClient();
      const requests = [];
      client.middlewareStack.add(
        (next) => (args) => {
          requests.push(args);
          return next(args);
        },
        { step: "finalizeRequest" },
      );
      const consumer = consume(url, {
        sqs: client,
        waitTimeSeconds: 20,
        handleMessage: async () => assert.fail("the consumer was stopped"),
      });
      await until(() => requests.length === 1, "the poll to begin");
      // The poll is at the server by the time a later request has been answered.
      await attributesOf(url);
      consumer.stop({ abort: true });
      await until(() => consumer.errors.length > 0, "the poll to be aborted");
      client.destroy();
      await attributesOf(url);
      await send(url, `round ${round}`);
      const [message] = await receive(url, { WaitTimeSeconds: 20 });
      assert.equal(message.Body, `round ${round}`);
      assert.equal(deliveriesOf(message), 1);
    }
  });

  test("a FIFO queue is handled in order", async () => {
    const url = await createQueue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
    const sent = Array.from({ length: 12 }, (_, n) => `body ${n}`);
    for (const body of [...sent, ...sent]) await send(url, body, { MessageGroupId: "group" });
    const seen = [];
    consume(url, {
      handleMessage: async (message) => {
        seen.push(message.Body);
      },
    });
    await until(() => seen.length === sent.length, "all messages");
    await untilEmpty(url);
    assert.deepEqual(seen, sent);
  });

  test("without an endpoint the queue's URL says where to go", async () => {
    const url = await createQueue();
    const seen = [];
    const consumer = consume(url, {
      sqs: undefined,
      region,
      handleMessage: async (message) => {
        seen.push(message.Body);
      },
    });
    await send(url, "by URL");
    await until(() => seen.length === 1, "the message");
    await untilEmpty(url);
    assert.deepEqual(seen, ["by URL"]);
    assert.deepEqual(consumer.errors, []);
  });

  test("a missing queue is reported with the service's own words", async () => {
    const url = (await createQueue()).replace(/[^/]+$/, "no-such-queue");
    const consumer = consume(url, {
      pollingWaitTimeMs: 1000,
      handleMessage: async () => assert.fail("there is no message"),
    });
    const told = "error: SQS receive message failed: The specified queue does not exist.";
    await until(() => consumer.errors.length > 0, "an error");
    consumer.stop();
    assert.equal(consumer.errors[0], told);
  });
});
