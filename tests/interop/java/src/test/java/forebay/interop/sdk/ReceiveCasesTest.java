// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.APPROXIMATE_FIRST_RECEIVE_TIMESTAMP;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.SENDER_ID;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.SENT_TIMESTAMP;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.RECEIVE_MESSAGE_WAIT_TIME_SECONDS;

import forebay.interop.Endpoint;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;

/** Contract section 6.6: limits, long polls, which attributes come back. */
class ReceiveCasesTest extends SqsCase {
  private static final Map<String, MessageAttributeValue> THREE = Map.of(
      "Help.Me", text("String", "Me"),
      "Hello", text("String", "There"),
      "General", text("String", "Kenobi"));

  @Test
  void case_R1_R2_rangesOfParameters() {
    String url = createQueue();
    assertInvalidParameter("Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be"
        + " between 1 and 10, if provided.", () -> receive(url, 11));
    for (int wait : new int[] {21, -1}) {
      assertInvalidParameter("Value " + wait + " for parameter WaitTimeSeconds is invalid. Reason:"
              + " Must be >= 0 and <= 20, if provided.",
          () -> sqs.receiveMessage(request -> request.queueUrl(url).waitTimeSeconds(wait)));
    }
  }

  @Test
  void case_R4_R5_aSendWakesALongPoll() throws Exception {
    String byRequest = createQueue();
    String byQueue = createQueue(Map.of(RECEIVE_MESSAGE_WAIT_TIME_SECONDS, "20"));
    try (SqsAsyncClient async = Clients.async(Endpoint.uri())) {
      CompletableFuture<ReceiveMessageResponse> requested = async.receiveMessage(
          request -> request.queueUrl(byRequest).waitTimeSeconds(20));
      CompletableFuture<ReceiveMessageResponse> inherited =
          async.receiveMessage(request -> request.queueUrl(byQueue));
      Thread.sleep(500); // nothing outside the server shows that a poll is parked
      assertThat(requested).isNotDone();
      assertThat(inherited).isNotDone();
      send(byRequest, "requested");
      send(byQueue, "inherited");
      // Sooner than the polls would end by themselves.
      assertThat(bodies(requested.get(10, TimeUnit.SECONDS).messages()))
          .containsExactly("requested");
      assertThat(bodies(inherited.get(10, TimeUnit.SECONDS).messages()))
          .containsExactly("inherited");
    }
  }

  @Test
  void case_T6_R6_nothingThere() {
    String url = createQueue();
    for (Integer wait : new Integer[] {null, 0, 1}) {
      ReceiveMessageResponse empty =
          sqs.receiveMessage(request -> request.queueUrl(url).waitTimeSeconds(wait));
      assertThat(empty.hasMessages()).isFalse();
      assertThat(empty.messages()).isEmpty();
    }
  }

  @Test
  void case_R7_nothingAskedForNothingReturned() {
    Message message = receiveThree(request -> {});
    assertThat(message.hasAttributes()).isFalse();
    assertThat(message.hasMessageAttributes()).isFalse();
    assertThat(message.md5OfMessageAttributes()).isNull();
  }

  @Test
  @SuppressWarnings("deprecation") // the older spelling is the case
  void case_R8_R9_R10_systemAttributes() {
    Message all = receiveThree(request -> request.messageSystemAttributeNamesWithStrings("All"));
    assertThat(all.attributes()).containsOnlyKeys(SENDER_ID, SENT_TIMESTAMP,
        APPROXIMATE_RECEIVE_COUNT, APPROXIMATE_FIRST_RECEIVE_TIMESTAMP);
    assertThat(all.attributes()).containsEntry(APPROXIMATE_RECEIVE_COUNT, "1");
    assertThat(receiveThree(request -> request.attributeNamesWithStrings("All")).attributes())
        .containsOnlyKeys(all.attributes().keySet());
    assertThat(receiveThree(request -> request
        .attributeNamesWithStrings("SenderId", "SequenceNumber")).attributes())
        .containsOnlyKeys(SENDER_ID);
  }

  @Test
  void case_R12_R17_namesThatMatchNothing() {
    Message message = receiveThree(request -> request
        .messageSystemAttributeNamesWithStrings("Foobar")
        .messageAttributeNames("AWS.", "..foo"));
    assertThat(message.hasAttributes()).isFalse();
    assertThat(message.hasMessageAttributes()).isFalse();
  }

  @Test
  void case_R13_R14_R15_R16_chosenAttributesAndTheirDigest() {
    assertChosen(List.of("All"), "4c360f3fdafd970e05fae2f149d997f5",
        "Help.Me", "Hello", "General");
    assertChosen(List.of(".*"), "4c360f3fdafd970e05fae2f149d997f5",
        "Help.Me", "Hello", "General");
    assertChosen(List.of("Hel.*"), "83fee93c1bcd8b9a5a923ffacdc636c7", "Help.Me", "Hello");
    assertChosen(List.of("Hello", "General"), "fca026605781cb4126a1e9044df24232",
        "Hello", "General");
    assertChosen(List.of("hello", "Nobody"), null);
  }

  @Test
  void case_R18_R19_R20_secondReceive() {
    String url = createQueue();
    send(url, "again");
    Message first = receive(url, 1, 0).get(0);
    Message second = receive(url, 1, 0).get(0);
    assertThat(second.messageId()).isEqualTo(first.messageId());
    assertThat(second.receiptHandle()).isNotEqualTo(first.receiptHandle());
    assertThat(first.attributes()).containsEntry(APPROXIMATE_RECEIVE_COUNT, "1");
    assertThat(second.attributes()).containsEntry(APPROXIMATE_RECEIVE_COUNT, "2")
        .containsEntry(APPROXIMATE_FIRST_RECEIVE_TIMESTAMP,
            first.attributes().get(APPROXIMATE_FIRST_RECEIVE_TIMESTAMP));
    long sentMs = Long.parseLong(first.attributes().get(SENT_TIMESTAMP));
    long receivedMs = Long.parseLong(first.attributes().get(APPROXIMATE_FIRST_RECEIVE_TIMESTAMP));
    assertThat(receivedMs).isGreaterThanOrEqualTo(sentMs);
    assertThat(sentMs).isGreaterThan(1_600_000_000_000L); // milliseconds, not seconds
  }

  private Message receiveThree(Consumer<ReceiveMessageRequest.Builder> chosen) {
    String url = createQueue();
    send(url, "b", THREE);
    List<Message> messages =
        sqs.receiveMessage(ReceiveMessageRequest.builder().queueUrl(url).applyMutation(chosen)
            .build()).messages();
    assertThat(messages).hasSize(1);
    return messages.get(0);
  }

  private void assertChosen(List<String> asked, String digest, String... names) {
    Message message = receiveThree(request -> request.messageAttributeNames(asked));
    assertThat(message.messageAttributes()).containsOnlyKeys(names);
    assertThat(message.md5OfMessageAttributes()).isEqualTo(digest);
  }
}
