// SPDX-License-Identifier: Apache-2.0
// Queues of their own for the tests, and what they look at beside the library under test.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";

export const endpoint = process.env.FOREBAY_ENDPOINT;
assert.ok(endpoint, "FOREBAY_ENDPOINT must name a running server");
export const region = "us-east-1";

// Libraries that make a client of their own look for credentials here.
process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";

/** A client that never retries, so that every error is seen. */
export const newClient = () => new SQSClient({ endpoint, region, maxAttempts: 1 });

export const sqs = newClient();

/** The URL of a new queue; FIFO when the attributes say so. */
export async function createQueue(attributes = {}) {
  const name = `node-${randomUUID().slice(0, 13)}${attributes.FifoQueue ? ".fifo" : ""}`;
  const reply = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return reply.QueueUrl;
}

export async function attributesOf(queueUrl) {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] });
  return (await sqs.send(command)).Attributes;
}

/** Visible, in flight, delayed. */
export async function counts(queueUrl) {
  const found = await attributesOf(queueUrl);
  return ["", "NotVisible", "Delayed"].map((kind) =>
    Number(found[`ApproximateNumberOfMessages${kind}`]),
  );
}

export const send = (queueUrl, body, options = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...options }));

export async function receive(queueUrl, options = {}) {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ["All"],
    MessageSystemAttributeNames: ["All"],
    ...options,
  });
  return (await sqs.send(command)).Messages ?? [];
}

/** Calls `probe` until it returns something true, which is returned. */
export async function until(probe, what, seconds = 30) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    assert.ok(Date.now() < deadline, `not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const untilEmpty = (queueUrl) =>
  until(async () => (await counts(queueUrl)).every((n) => n === 0), `${queueUrl} to be empty`);

/** A promise that others wait for, and the function that ends their waiting. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open, opened };
}
