// SPDX-License-Identifier: Apache-2.0
// A client of the server under test ($FOREBAY_ENDPOINT), and the steps that most tests repeat.

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

export const credentials = { accessKeyId: "test", secretAccessKey: "test" };
export const sqs = new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });

export const uniqueName = (suffix = "") => `node-${randomUUID().slice(0, 13)}${suffix}`;

export async function createQueue(
  attributes = {},
  name = uniqueName(attributes.FifoQueue ? ".fifo" : ""),
) {
  const reply = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return reply.QueueUrl;
}

export async function attributesOf(queueUrl) {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] });
  return (await sqs.send(command)).Attributes;
}

export const arnOf = async (queueUrl) => (await attributesOf(queueUrl)).QueueArn;

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

export const send = (queueUrl, body, options = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...options }));

export const bodies = (messages) => messages.map((message) => message.Body);

export const redrivePolicy = (deadLetterTargetArn, maxReceiveCount) =>
  JSON.stringify({ deadLetterTargetArn, maxReceiveCount });

/** The error a command is refused with. */
export async function refused(command) {
  try {
    await sqs.send(command);
  } catch (error) {
    return error;
  }
  return assert.fail("the command was not refused");
}
