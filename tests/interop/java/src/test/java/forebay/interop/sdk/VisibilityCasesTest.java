// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.VISIBILITY_TIMEOUT;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.PurgeQueueInProgressException;
import software.amazon.awssdk.services.sqs.model.ReceiptHandleIsInvalidException;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** Contract sections 6.7 and 6.10: visibility, deletion, purging. */
class VisibilityCasesTest extends SqsCase {
  @Test
  void case_V1_V12_afterTheTimeoutTheOldHandleStillDeletes() {
    String url = createQueue(Map.of(VISIBILITY_TIMEOUT, "1"));
    send(url, "b");
    Message first = receiveOne(url);
    awaitCounts(url, 1, 0, 0);
    delete(url, first);
    assertThat(counts(url)).containsExactly(0, 0, 0);
  }

  @Test
  void case_V3_V7_releasedAtOnceAndOnlyThisTime() {
    String url = createQueue();
    send(url, "b");
    Message first = receiveOne(url);
    changeVisibility(url, first, 0);
    assertThat(receiveOne(url).messageId()).isEqualTo(first.messageId());
    assertThat(receive(url, 10)).isEmpty();
  }

  @Test
  void case_V5_V16_expiredAndOlderHandlesStillChangeTheMessage() {
    String url = createQueue();
    send(url, "b");
    Message expired = receive(url, 1, 0).get(0);
    changeVisibility(url, expired, 1);
    awaitCounts(url, 1, 0, 0);
    Message again = receiveOne(url);
    assertThat(again.receiptHandle()).isNotEqualTo(expired.receiptHandle());
    changeVisibility(url, expired, 0);
    assertThat(counts(url)).containsExactly(1, 0, 0);
  }

  @Test
  void case_V8_V10_V15_handlesThatAreNone() {
    String url = createQueue();
    Message garbage = Message.builder().receiptHandle("garbage").build();
    String text = "The input receipt handle \"garbage\" is not a valid receipt handle.";
    assertRefused(ReceiptHandleIsInvalidException.class, "ReceiptHandleIsInvalid", text,
        () -> delete(url, garbage));
    assertRefused(ReceiptHandleIsInvalidException.class, "ReceiptHandleIsInvalid", text,
        () -> changeVisibility(url, garbage, 1));
    assertNoQueue(() -> delete(urlOfNoQueue(), garbage));
  }

  @Test
  void aHandleOfAnotherQueue() {
    String url = createQueue();
    send(url, "b");
    Message message = receiveOne(url);
    String other = createQueue();
    assertRefused(ReceiptHandleIsInvalidException.class, "ReceiptHandleIsInvalid",
        "The receipt handle \"" + message.receiptHandle() + "\" is not valid for this queue.",
        () -> delete(other, message));
  }

  @Test
  void case_V9_V11_afterTheDeletion() {
    String url = createQueue();
    send(url, "b");
    Message message = receiveOne(url);
    delete(url, message);
    delete(url, message);
    assertInvalidParameter("Value " + message.receiptHandle() + " for parameter ReceiptHandle is"
            + " invalid. Reason: Message does not exist or is not available for visibility timeout"
            + " change.",
        () -> changeVisibility(url, message, 1));
  }

  @Test
  void case_V13_fifoHandlesExpire() {
    String url = createContentFifo();
    sendToGroup(url, "g", "b");
    Message message = receive(url, 1, 1).get(0);
    awaitCounts(url, 1, 0, 0);
    assertInvalidParameter("Value " + message.receiptHandle() + " for parameter ReceiptHandle is"
        + " invalid. Reason: The receipt handle has expired.", () -> delete(url, message));
    assertThat(counts(url)).containsExactly(1, 0, 0);
  }

  @Test
  void case_V17_twelveHoursAltogether() {
    String url = createQueue();
    send(url, "b");
    Message message = receiveOne(url);
    assertInvalidParameter("Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total"
            + " VisibilityTimeout for the message is beyond the limit [43200 seconds]",
        () -> changeVisibility(url, message, 43200));
  }

  @Test
  void case_V19_counts() {
    String url = createQueue();
    for (String body : List.of("1", "2", "3", "4", "5", "6")) {
      send(url, body);
    }
    assertThat(receive(url, 1, 5)).hasSize(1);
    assertThat(counts(url)).containsExactly(5, 1, 0);
    awaitCounts(url, 6, 0, 0);
  }

  @Test
  void case_P1_P2_P3_P4_purge() {
    String name = newName();
    String url = create(name, Map.of());
    send(url, "in flight");
    Message inFlight = receiveOne(url);
    send(url, "visible");
    sqs.sendMessage(request -> request.queueUrl(url).messageBody("delayed").delaySeconds(900));
    assertThat(counts(url)).containsExactly(1, 1, 1);
    sqs.purgeQueue(request -> request.queueUrl(url));
    assertThat(counts(url)).containsExactly(0, 0, 0);
    delete(url, inFlight);
    SqsException refusal = assertRefused(PurgeQueueInProgressException.class,
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        "Only one PurgeQueue operation on " + name + " is allowed every 60 seconds.",
        () -> sqs.purgeQueue(request -> request.queueUrl(url)));
    assertThat(refusal.statusCode()).isEqualTo(403);
  }
}
