// SPDX-License-Identifier: Apache-2.0
package forebay.interop.spring;

import io.awspring.cloud.sqs.annotation.SqsListener;
import io.awspring.cloud.sqs.listener.SqsHeaders;
import io.awspring.cloud.sqs.listener.Visibility;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.context.annotation.DependsOn;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.stereotype.Component;

/** What the application does with its messages, and the books the tests read. */
@Component
@DependsOn("queues")
class ShopListeners {
  /** An order as it travels: JSON, with its Java type in a message attribute. */
  record Order(String customer, int number, String note) {}

  /** Orders with this note, and refunds that end so, fail the first time. */
  static final String FAILS_ONCE = "fails once";

  final Queue<Order> orders = new ConcurrentLinkedQueue<>();
  final Map<Integer, List<Integer>> orderReceiveCounts = new ConcurrentHashMap<>();
  final Map<String, List<String>> paymentsByGroup = new ConcurrentHashMap<>();
  final Queue<String> refunds = new ConcurrentLinkedQueue<>();
  final Map<String, Integer> refundAttempts = new ConcurrentHashMap<>();
  final Queue<String> invoices = new ConcurrentLinkedQueue<>();

  @SqsListener("${shop.orders}")
  void order(Order order,
      @Header(SqsHeaders.MessageSystemAttributes.SQS_APPROXIMATE_RECEIVE_COUNT) int receiveCount,
      Visibility visibility) {
    orderReceiveCounts.computeIfAbsent(order.number(), number -> new CopyOnWriteArrayList<>())
        .add(receiveCount);
    if (order.note().equals(FAILS_ONCE) && receiveCount == 1) {
      visibility.changeTo(0); // not to wait for the queue's timeout
      throw new IllegalStateException("the first attempt fails");
    }
    orders.add(order);
  }

  @SqsListener("${shop.payments}")
  void payment(String payment,
      @Header(SqsHeaders.MessageSystemAttributes.SQS_MESSAGE_GROUP_ID_HEADER) String group) {
    paymentsByGroup.computeIfAbsent(group, name -> new CopyOnWriteArrayList<>()).add(payment);
  }

  @SqsListener("${shop.refunds}")
  void refund(String refund) {
    int attempt = refundAttempts.merge(refund, 1, Integer::sum);
    if (refund.endsWith(FAILS_ONCE) && attempt == 1) {
      throw new IllegalStateException("the first attempt fails");
    }
    refunds.add(refund);
  }

  @SqsListener("${shop.invoices}")
  void invoice(String invoice) {
    invoices.add(invoice);
    throw new IllegalStateException("every attempt fails");
  }
}
