// SPDX-License-Identifier: Apache-2.0
// @ssut/nestjs-sqs in a NestJS application: a service that sends orders and one that handles them.
// Decorators are called by hand, as this file is not compiled.

import "reflect-metadata";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  SqsConsumerEventHandler,
  SqsMessageHandler,
  SqsModule,
  SqsService,
} from "@ssut/nestjs-sqs";
import {
  counts,
  createQueue,
  newClient,
  receive,
  region,
  send,
  sqs,
  until,
  untilEmpty,
} from "./queues.mjs";

class OrderListener {
  handled = [];
  failed = [];
  errors = [];
  batches = [];

  async handle(message) {
    const order = JSON.parse(message.Body);
    this.handled.push(order.number);
    if (order.bad) throw new Error(`order ${order.number} is bad`);
  }

  async onFailure(error, message) {
    this.failed.push([error.message, message.Body]);
  }

  async onOrdersError(error) {
    this.errors.push(`orders: ${error.message}`);
  }

  async onAuditError(error) {
    this.errors.push(`audit: ${error.message}`);
  }

  async handleBatch(messages) {
    this.batches.push(messages.map((message) => message.Body));
  }
}

function decorate(decorator, method) {
  const { prototype } = OrderListener;
  decorator(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
}

Injectable()(OrderListener);
decorate(SqsMessageHandler("orders", false), "handle");
decorate(SqsConsumerEventHandler("orders", "processing_error"), "onFailure");
decorate(SqsConsumerEventHandler("orders", "error"), "onOrdersError");
decorate(SqsConsumerEventHandler("audit", "error"), "onAuditError");
decorate(SqsMessageHandler("audit", true), "handleBatch");

class Application {}

let urls;
let application;
let listener;
let service;

before(async () => {
  urls = {
    orders: await createQueue({ VisibilityTimeout: "600" }),
    audit: await createQueue({ VisibilityTimeout: "600" }),
    archive: await createQueue(),
  };
  const polling = { sqs: newClient(), waitTimeSeconds: 1, batchSize: 10 };
  Module({
    imports: [
      SqsModule.register({
        globalStopOptions: { abort: true },
        consumers: [
          { name: "orders", queueUrl: urls.orders, ...polling },
          { name: "audit", queueUrl: urls.audit, ...polling },
        ],
        producers: [
          { name: "orders", queueUrl: urls.orders, sqs },
          { name: "archive", queueUrl: urls.archive, region },
        ],
      }),
    ],
    providers: [OrderListener],
  })(Application);
  application = await NestFactory.createApplicationContext(Application, { logger: false });
  listener = application.get(OrderListener);
  service = application.get(SqsService);
});

after(() => sqs.destroy());

test("orders sent by the service reach the listener", async () => {
  const orders = Array.from({ length: 25 }, (_, number) => ({
    id: `order-${number}`,
    body: { number },
  }));
  await service.send("orders", orders);
  await until(() => listener.handled.length === 25, "all orders");
  await untilEmpty(urls.orders);
  assert.deepEqual(
    listener.handled.sort((a, b) => a - b),
    orders.map((order) => order.body.number),
  );
  assert.deepEqual(listener.failed, []);
});

test("a failure reaches the listener's event handler and the order stays", async () => {
  await service.send("orders", { id: "bad", body: { number: 99, bad: true } });
  await until(() => listener.failed.length === 1, "the failure");
  assert.match(listener.failed[0][0], /order 99 is bad/);
  assert.deepEqual(await counts(urls.orders), [0, 1, 0]);
  assert.equal((await service.getQueueAttributes("orders")).VisibilityTimeout, "600");
  await service.purgeQueue("orders");
  assert.deepEqual(await counts(urls.orders), [0, 0, 0]);
});

test("a listener takes whole batches", async () => {
  for (const body of ["one", "two", "three"]) await send(urls.audit, body);
  await until(() => listener.batches.flat().length === 3, "the batches");
  await untilEmpty(urls.audit);
  assert.deepEqual(listener.batches.flat(), ["one", "two", "three"]);
});

test("a producer without a listener follows its queue's URL", async () => {
  await service.send("archive", [
    { id: "a", body: "as it is" },
    { id: "b", body: { as: "JSON" } },
  ]);
  assert.equal(await service.getProducerQueueSize("archive"), 2);
});

test("closing the application ends its consumers and their polls", async () => {
  assert.deepEqual(listener.errors, []);
  await application.close();
  await until(() => listener.errors.length === 2, "both polls to be aborted");
  assert.deepEqual(await counts(urls.orders), [0, 0, 0]);
  await send(urls.orders, JSON.stringify({ number: 100 }));
  const [message] = await receive(urls.orders, { WaitTimeSeconds: 20 });
  assert.equal(message.Attributes.ApproximateReceiveCount, "1");
  assert.ok(!listener.handled.includes(100));
});
