// SPDX-License-Identifier: Apache-2.0
package forebay.interop.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.QUEUE_ARN;

import forebay.interop.Await;
import forebay.interop.spring.ShopApplication.Queues;
import forebay.interop.spring.ShopListeners.Order;
import io.awspring.cloud.sqs.operations.SqsTemplate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * A running Spring Boot application whose listeners work; every test sends through SqsTemplate and
 * ends with queues that are empty, also of messages in flight: everything was acknowledged.
 *
 * <p>The tests share the application, so they run one after the other.
 */
@SpringBootTest(classes = ShopApplication.class, webEnvironment = WebEnvironment.NONE)
@Execution(ExecutionMode.SAME_THREAD)
class SpringListenerTest {
  private static final int MESSAGES = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Autowired private SqsTemplate template;
  @Autowired private SqsAsyncClient sqs;
  @Autowired private ShopListeners listeners;
  @Autowired private Queues queues;

  @DynamicPropertySource
  static void properties(DynamicPropertyRegistry registry) {
    String run = UUID.randomUUID().toString();
    registry.add("shop.run", () -> run);
  }

  @Test
  void springListener_aHundredOrdersAreHandledOnce() {
    List<Order> sent = orders("many", MESSAGES, "plain");
    List<Message<Order>> messages =
        sent.stream().map(order -> MessageBuilder.withPayload(order).build()).toList();
    for (int first = 0; first < MESSAGES; first += 10) {
      assertThat(template.sendMany(queues.orders(), messages.subList(first, first + 10))
          .successful()).hasSize(10);
    }
    Await.until("all orders", PATIENCE, () -> handledOrders("many").size() >= MESSAGES);
    awaitEmpty(queues.orders());
    assertThat(handledOrders("many")).containsExactlyInAnyOrderElementsOf(sent);
    sent.forEach(order ->
        assertThat(listeners.orderReceiveCounts.get(order.number())).containsExactly(1));
  }

  @Test
  void case_V3_R19_springListener_aFailedOrderComesBackOnce() {
    Order order = new Order("once", 10_001, ShopListeners.FAILS_ONCE);
    template.send(queues.orders(), order);
    Await.until("the order", PATIENCE, () -> !handledOrders("once").isEmpty());
    awaitEmpty(queues.orders());
    assertThat(handledOrders("once")).containsExactly(order);
    assertThat(listeners.orderReceiveCounts.get(order.number())).containsExactly(1, 2);
  }

  @Test
  void case_F1_springListener_aHundredPaymentsInOrder() {
    for (int number = 0; number < MESSAGES; number++) {
      pay("group-" + number % 5, "payment " + number);
    }
    Await.until("all payments", PATIENCE, () -> IntStream.range(0, 5)
        .map(group -> paid("group-" + group).size()).sum() >= MESSAGES);
    awaitEmpty(queues.payments());
    for (int group = 0; group < 5; group++) {
      int first = group;
      assertThat(paid("group-" + group)).containsExactlyElementsOf(
          IntStream.range(0, MESSAGES / 5).mapToObj(i -> "payment " + (first + 5 * i)).toList());
    }
  }

  @Test
  void case_F13_springListener_aFailedRefundKeepsItsPlace() {
    List<String> sent = List.of("1", "2 " + ShopListeners.FAILS_ONCE, "3", "4");
    sent.forEach(refund -> template.send(
        to -> to.queue(queues.refunds()).payload(refund).messageGroupId("refunds")));
    Await.until("all refunds", PATIENCE, () -> listeners.refunds.size() >= sent.size());
    awaitEmpty(queues.refunds());
    assertThat(listeners.refunds).containsExactlyElementsOf(sent);
    assertThat(listeners.refundAttempts)
        .isEqualTo(Map.of(sent.get(0), 1, sent.get(1), 2, sent.get(2), 1, sent.get(3), 1));
  }

  @Test
  void case_D1_D2_springListener_aHopelessInvoiceIsDeadLettered() {
    String id = template.send(queues.invoices(), "hopeless").messageId().toString();
    // The move happens at the listener's own receive, the third.
    Await.until("the dead letter", PATIENCE, () -> counts(queues.invoicesDead()).get(0) == 1);
    awaitEmpty(queues.invoices());
    assertThat(listeners.invoices).containsExactly("hopeless", "hopeless");
    var dead = sqs.receiveMessage(request -> request.queueUrl(url(queues.invoicesDead()))
        .maxNumberOfMessages(10).messageSystemAttributeNames(MessageSystemAttributeName.ALL))
        .join().messages();
    assertThat(dead).hasSize(1);
    assertThat(dead.get(0).body()).isEqualTo("hopeless");
    assertThat(dead.get(0).messageId()).isEqualTo(id);
    assertThat(dead.get(0).attributes())
        .containsEntry(DEAD_LETTER_QUEUE_SOURCE_ARN, attributes(queues.invoices()).get(QUEUE_ARN))
        .containsEntry(APPROXIMATE_RECEIVE_COUNT, "3");
  }

  @Test
  void springListener_templateReceivesAndAcknowledges() {
    String name = "direct-" + UUID.randomUUID();
    // The queue does not exist: the template creates it.
    template.send(to -> to.queue(name).payload("by hand").header("trace", "t-1"));
    Message<String> received =
        template.receive(from -> from.queue(name).pollTimeout(PATIENCE.dividedBy(2)),
            String.class).orElseThrow();
    assertThat(received.getPayload()).isEqualTo("by hand");
    assertThat(received.getHeaders()).containsEntry("trace", "t-1");
    String created = sqs.getQueueUrl(request -> request.queueName(name)).join().queueUrl();
    Await.until("acknowledged", PATIENCE, () -> countsOf(created).equals(List.of(0, 0, 0)));
  }

  private void pay(String group, String payment) {
    template.send(to -> to.queue(queues.payments()).payload(payment).messageGroupId(group));
  }

  private List<String> paid(String group) {
    return listeners.paymentsByGroup.getOrDefault(group, List.of());
  }

  private List<Order> handledOrders(String customer) {
    return listeners.orders.stream().filter(order -> order.customer().equals(customer)).toList();
  }

  private static List<Order> orders(String customer, int count, String note) {
    return IntStream.range(0, count).mapToObj(i -> new Order(customer, i, note)).toList();
  }

  private String url(String queue) {
    return queues.urls().get(queue);
  }

  private void awaitEmpty(String queue) {
    Await.until(queue + " empty", PATIENCE, () -> counts(queue).equals(List.of(0, 0, 0)));
  }

  private List<Integer> counts(String queue) {
    return countsOf(url(queue));
  }

  private Map<QueueAttributeName, String> attributes(String queue) {
    return attributesOf(url(queue));
  }

  /** Visible, in flight and delayed messages, in this order. */
  private List<Integer> countsOf(String url) {
    Map<QueueAttributeName, String> all = attributesOf(url);
    return List.of(Integer.valueOf(all.get(APPROXIMATE_NUMBER_OF_MESSAGES)),
        Integer.valueOf(all.get(APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE)),
        Integer.valueOf(all.get(APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED)));
  }

  private Map<QueueAttributeName, String> attributesOf(String url) {
    return sqs.getQueueAttributes(request -> request.queueUrl(url)
        .attributeNames(QueueAttributeName.ALL)).join().attributes();
  }
}
