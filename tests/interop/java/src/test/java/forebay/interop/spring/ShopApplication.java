// SPDX-License-Identifier: Apache-2.0
package forebay.interop.spring;

import java.util.HashMap;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * A small Spring Boot application as users write them: it creates its queues when it starts, and
 * listens to them. Nothing in it knows Forebay; the endpoint is a property.
 */
@SpringBootApplication
class ShopApplication {
  /** Queue names of one run, and their URLs once they exist. */
  record Queues(String orders, String payments, String refunds, String invoices,
      String invoicesDead, Map<String, String> urls) {}

  @Bean
  Queues queues(SqsAsyncClient sqs, @Value("${shop.orders}") String orders,
      @Value("${shop.payments}") String payments, @Value("${shop.refunds}") String refunds,
      @Value("${shop.invoices}") String invoices,
      @Value("${shop.invoices-dead}") String invoicesDead) {
    Map<String, String> urls = new HashMap<>();
    urls.put(orders, create(sqs, orders, Map.of()));
    urls.put(payments, createFifo(sqs, payments, "30"));
    urls.put(refunds, createFifo(sqs, refunds, "3"));
    String deadUrl = create(sqs, invoicesDead, Map.of());
    urls.put(invoicesDead, deadUrl);
    String deadArn = sqs.getQueueAttributes(request -> request.queueUrl(deadUrl)
        .attributeNames(QueueAttributeName.QUEUE_ARN)).join()
        .attributes().get(QueueAttributeName.QUEUE_ARN);
    urls.put(invoices, create(sqs, invoices, Map.of(
        QueueAttributeName.VISIBILITY_TIMEOUT, "1",
        QueueAttributeName.REDRIVE_POLICY,
        "{\"deadLetterTargetArn\":\"" + deadArn + "\",\"maxReceiveCount\":\"2\"}")));
    return new Queues(orders, payments, refunds, invoices, invoicesDead, Map.copyOf(urls));
  }

  private static String createFifo(SqsAsyncClient sqs, String name, String visibilityTimeout) {
    return create(sqs, name, Map.of(
        QueueAttributeName.FIFO_QUEUE, "true",
        QueueAttributeName.CONTENT_BASED_DEDUPLICATION, "true",
        QueueAttributeName.VISIBILITY_TIMEOUT, visibilityTimeout));
  }

  private static String create(
      SqsAsyncClient sqs, String name, Map<QueueAttributeName, String> attributes) {
    return sqs.createQueue(request -> request.queueName(name).attributes(attributes)).join()
        .queueUrl();
  }
}
