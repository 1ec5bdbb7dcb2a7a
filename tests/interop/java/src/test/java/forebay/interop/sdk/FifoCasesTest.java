// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.APPROXIMATE_FIRST_RECEIVE_TIMESTAMP;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.MESSAGE_DEDUPLICATION_ID;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.MESSAGE_GROUP_ID;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.SENDER_ID;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.SENT_TIMESTAMP;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.SEQUENCE_NUMBER;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.DEDUPLICATION_SCOPE;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

/** Contract section 6.8: order, groups, deduplication. */
class FifoCasesTest extends SqsCase {
  @Test
  void case_F1_groupByGroup() {
    String url = createContentFifo();
    sendInOrder(url, "g1-m1", "g2-m1", "g1-m2", "g1-m3");
    assertThat(bodies(receive(url, 10))).containsExactly("g1-m1", "g1-m2", "g1-m3", "g2-m1");
  }

  @Test
  void case_F2_F10_aGroupIsLockedUntilItsMessagesAreDeleted() {
    String url = createContentFifo();
    sendInOrder(url, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1");
    List<Message> locked = receive(url, 2);
    assertThat(bodies(locked)).containsExactly("g1-m1", "g1-m2");
    assertThat(bodies(receive(url, 1))).containsExactly("g2-m1");
    assertThat(receive(url, 10)).isEmpty();
    delete(url, locked.get(0));
    assertThat(receive(url, 10)).isEmpty();
    delete(url, locked.get(1));
    assertThat(bodies(receive(url, 10))).containsExactly("g1-m3", "g1-m4");
  }

  @Test
  void case_F5_aReleasedMessageComesBackAlone() {
    String url = createContentFifo();
    sendInOrder(url, "g1-m1", "g1-m2", "g1-m3", "g2-m1");
    List<Message> both = receive(url, 2);
    assertThat(bodies(both)).containsExactly("g1-m1", "g1-m2");
    changeVisibility(url, both.get(0), 0);
    assertThat(bodies(receive(url, 3))).containsExactly("g2-m1", "g1-m1");
  }

  @Test
  void case_F14_countsOfLockedGroups() {
    String url = createContentFifo();
    sendInOrder(url, "g1-m1", "g1-m2", "g2-m1", "g2-m2", "g3-m1", "g3-m2");
    changeVisibility(url, receive(url, 2).get(1), 0);
    assertThat(bodies(receive(url, 1))).containsExactly("g2-m1");
    assertThat(counts(url)).containsExactly(4, 2, 0);
  }

  @Test
  void case_F15_F16_duplicatesAreDropped() {
    String url = createFifo(Map.of());
    SendMessageResponse first = sendToGroup(url, "g", "id", "one");
    SendMessageResponse second = sendToGroup(url, "g", "id", "other body");
    assertThat(second.messageId()).isEqualTo(first.messageId());
    assertThat(second.sequenceNumber()).isEqualTo(first.sequenceNumber());
    Message message = receiveOne(url);
    assertThat(message.body()).isEqualTo("one");
    delete(url, message);
    sendToGroup(url, "g", "id", "after the deletion");
    assertThat(counts(url)).containsExactly(0, 0, 0);
  }

  @Test
  void case_F17_F19_scopeOfDeduplication() {
    String perQueue = createFifo(Map.of());
    sendToGroup(perQueue, "g1", "id", "one");
    sendToGroup(perQueue, "g2", "id", "two");
    assertThat(bodies(receive(perQueue, 10))).containsExactly("one");
    String perGroup = createFifo(Map.of(DEDUPLICATION_SCOPE, "messageGroup"));
    sendToGroup(perGroup, "g1", "id", "one");
    sendToGroup(perGroup, "g2", "id", "two");
    assertThat(bodies(receive(perGroup, 10))).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void case_F24_P5_aPurgeForgetsDeduplicationIds() {
    String url = createFifo(Map.of());
    sendToGroup(url, "g", "id", "before");
    sqs.purgeQueue(request -> request.queueUrl(url));
    sendToGroup(url, "g", "id", "after");
    assertThat(receiveOne(url).body()).isEqualTo("after");
  }

  @Test
  void case_F25_sequenceNumbersGrow() {
    String url = createContentFifo();
    BigInteger last = BigInteger.ZERO;
    for (String body : List.of("1", "2", "3")) {
      String text = sendToGroup(url, "g", body).sequenceNumber();
      assertThat(text).matches("[0-9]{20}");
      assertThat(new BigInteger(text)).isGreaterThan(last);
      last = new BigInteger(text);
    }
  }

  @Test
  void case_F26_F27_systemAttributes() {
    String url = createContentFifo();
    String sequenceNumber = sendToGroup(url, "g", "message").sequenceNumber();
    Message first = receive(url, 1, 0).get(0);
    assertThat(first.attributes())
        .containsOnlyKeys(SENDER_ID, SENT_TIMESTAMP, APPROXIMATE_RECEIVE_COUNT,
            APPROXIMATE_FIRST_RECEIVE_TIMESTAMP, MESSAGE_DEDUPLICATION_ID, MESSAGE_GROUP_ID,
            SEQUENCE_NUMBER)
        .containsEntry(MESSAGE_GROUP_ID, "g")
        .containsEntry(SEQUENCE_NUMBER, sequenceNumber)
        // SHA-256 of the body
        .containsEntry(MESSAGE_DEDUPLICATION_ID,
            "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d");
    assertThat(receiveOne(url).attributes()).containsEntry(SEQUENCE_NUMBER, sequenceNumber)
        .containsEntry(APPROXIMATE_RECEIVE_COUNT, "2");
  }

  @Test
  void anAttemptIdBringsTheSameMessagesAgain() {
    String url = createContentFifo();
    sendInOrder(url, "g1-m1", "g1-m2");
    List<Message> first = attempt(url, "attempt-1");
    assertThat(bodies(first)).containsExactly("g1-m1", "g1-m2");
    assertThat(receive(url, 10)).isEmpty();
    List<Message> again = attempt(url, "attempt-1");
    assertThat(again).extracting(Message::receiptHandle)
        .containsExactlyElementsOf(first.stream().map(Message::receiptHandle).toList());
  }

  private static List<Message> attempt(String url, String id) {
    return sqs.receiveMessage(request -> request.queueUrl(url).maxNumberOfMessages(10)
        .receiveRequestAttemptId(id)).messages();
  }

  /** Bodies of the form group-message. */
  private static void sendInOrder(String url, String... bodies) {
    for (String body : bodies) {
      sendToGroup(url, body.substring(0, body.indexOf('-')), body);
    }
  }
}
