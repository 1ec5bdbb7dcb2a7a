// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import forebay.interop.Endpoint;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/**
 * The SDK compares the server's digests with its own. Every other case leans on that; this proves
 * it, by answers whose digests were altered on their way.
 */
class ChecksumTest extends SqsCase {
  private static final Map<String, MessageAttributeValue> ATTRIBUTES = Map.of(
      "timestamp", text("Number.java.lang.Long", "1493147359900"));

  @Test
  void untouchedAnswersPassTheProxy() throws IOException {
    String url = createQueue();
    through(UnaryOperator.identity(), client -> {
      sendThrough(client, url);
      List<Message> messages = receiveThrough(client, url);
      assertThat(messages).hasSize(1);
      assertThat(messages.get(0).messageAttributes()).isEqualTo(ATTRIBUTES);
    });
  }

  @Test
  void aWrongDigestOfSentAttributesIsSeen() throws IOException {
    String url = createQueue();
    through(wrongDigest("MD5OfMessageAttributes"), client ->
        assertMismatch("message attributes", () -> sendThrough(client, url)));
    assertThat(counts(url)).containsExactly(1, 0, 0);
  }

  @Test
  void aWrongDigestOfASentBodyIsSeen() throws IOException {
    String url = createQueue();
    through(wrongDigest("MD5OfMessageBody"), client ->
        assertMismatch("message body", () -> sendThrough(client, url)));
  }

  @Test
  void aWrongDigestInABatchIsSeen() throws IOException {
    String url = createQueue();
    SendMessageBatchRequestEntry entry = SendMessageBatchRequestEntry.builder()
        .id("a").messageBody("b").messageAttributes(ATTRIBUTES).build();
    through(wrongDigest("MD5OfMessageAttributes"), client ->
        assertMismatch("message attributes", () -> client.sendMessageBatch(
            request -> request.queueUrl(url).entries(entry))));
  }

  @Test
  void wrongDigestsOfAReceivedMessageAreSeen() throws IOException {
    String url = createQueue();
    send(url, "original", ATTRIBUTES);
    through(wrongDigest("MD5OfMessageAttributes"), client ->
        assertMismatch("message attributes", () -> receiveThrough(client, url)));
    through(wrongDigest("MD5OfBody"), client ->
        assertMismatch("message body", () -> receiveThrough(client, url)));
    through(answer -> answer.replace("original", "0riginal"), client ->
        assertMismatch("message body", () -> receiveThrough(client, url)));
  }

  private static void through(UnaryOperator<String> tampering, Consumer<SqsClient> use)
      throws IOException {
    try (TamperingProxy proxy = new TamperingProxy(Endpoint.uri(), tampering);
        SqsClient client = Clients.urlConnection(proxy.uri(), Endpoint.REGION)) {
      use.accept(client);
    }
  }

  /** Turns the first digit of every such digest into another one. */
  private static UnaryOperator<String> wrongDigest(String member) {
    String start = "\"" + member + "\":\"";
    return answer -> {
      int digit = answer.indexOf(start) + start.length();
      assertThat(answer).contains(start);
      char other = answer.charAt(digit) == '0' ? '1' : '0';
      return answer.substring(0, digit) + other + answer.substring(digit + 1);
    };
  }

  private static void sendThrough(SqsClient client, String url) {
    client.sendMessage(request -> request.queueUrl(url).messageBody("original")
        .messageAttributes(ATTRIBUTES));
  }

  /** Leaves the messages visible. */
  private static List<Message> receiveThrough(SqsClient client, String url) {
    return client.receiveMessage(request -> request.queueUrl(url).messageAttributeNames("All")
        .visibilityTimeout(0)).messages();
  }

  private static void assertMismatch(String what, Runnable call) {
    assertThatThrownBy(call::run)
        .isExactlyInstanceOf(SdkClientException.class)
        .hasMessageContaining("MD5 returned by SQS does not match")
        .hasMessageContaining(what);
  }
}
