// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN;
import static software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName.MESSAGE_GROUP_ID;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.CONTENT_BASED_DEDUPLICATION;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.REDRIVE_POLICY;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeValueException;
import software.amazon.awssdk.services.sqs.model.ListDeadLetterSourceQueuesResponse;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** Contract section 6.9, D: dead-letter queues. */
class DeadLetterCasesTest extends SqsCase {
  @Test
  void case_D1_D2_theMessageMovesAsItWas() {
    String dlq = createQueue();
    String url = createQueue(Map.of(REDRIVE_POLICY, redrive(dlq, 1)));
    Map<String, MessageAttributeValue> attributes =
        Map.of("timestamp", text("Number.java.lang.Long", "1493147359900"));
    String id = send(url, "dead", attributes).messageId();
    Message first = receive(url, 1, 0).get(0);
    assertThat(receive(url, 10)).isEmpty();
    Message dead = receiveOne(dlq);
    assertThat(dead.messageId()).isEqualTo(id);
    assertThat(dead.body()).isEqualTo("dead");
    assertThat(dead.md5OfBody()).isEqualTo(first.md5OfBody());
    assertThat(dead.messageAttributes()).isEqualTo(attributes);
    assertThat(dead.md5OfMessageAttributes()).isEqualTo(first.md5OfMessageAttributes());
    assertThat(dead.attributes())
        .containsEntry(APPROXIMATE_RECEIVE_COUNT, "2")
        .containsEntry(DEAD_LETTER_QUEUE_SOURCE_ARN, arnOf(url));
  }

  @Test
  void case_D3_fifoMovesAtTheThirdReceive() {
    String dlq = createContentFifo();
    String url = createFifo(
        Map.of(CONTENT_BASED_DEDUPLICATION, "true", REDRIVE_POLICY, redrive(dlq, 2)));
    sendToGroup(url, "g", "dead");
    assertThat(bodies(receive(url, 10, 0))).containsExactly("dead");
    assertThat(bodies(receive(url, 10, 0))).containsExactly("dead");
    assertThat(receive(url, 10, 0)).isEmpty();
    Message dead = receiveOne(dlq);
    assertThat(dead.body()).isEqualTo("dead");
    assertThat(dead.attributes()).containsEntry(MESSAGE_GROUP_ID, "g");
    sendToGroup(url, "g", "alive");
    assertThat(bodies(receive(url, 10))).containsExactly("alive");
  }

  @Test
  void case_D4_countAsNumberAndAsText() {
    String dlq = createQueue();
    String number = redrive(dlq, 7);
    String url = createQueue(Map.of(REDRIVE_POLICY, number));
    assertThat(attribute(url, REDRIVE_POLICY)).isEqualTo(number);
    String text = "{\"deadLetterTargetArn\":\"" + arnOf(dlq) + "\",\"maxReceiveCount\":\"42\"}";
    set(url, REDRIVE_POLICY, text);
    assertThat(attribute(url, REDRIVE_POLICY)).isEqualTo(text);
  }

  @Test
  void case_D5_D6_D8_D9_policiesThatAreRefused() {
    String arn = arnOf(createQueue());
    String noCount = "{\"deadLetterTargetArn\":\"" + arn + "\"}";
    assertPolicyRefused(
        noCount, "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    String noTarget = "{\"maxReceiveCount\":3}";
    assertPolicyRefused(
        noTarget, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    String missing = redriveTo(arn(newName()), 3);
    assertPolicyRefused(missing, "Dead letter target does not exist.");
    assertThat(codeOf(() -> createQueue(Map.of(REDRIVE_POLICY, redriveTo("dummy", 3)))))
        .isEqualTo("InvalidParameterValue");
    assertRefused(InvalidAttributeValueException.class, "InvalidAttributeValue",
        "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON"
            + " map.",
        () -> createQueue(Map.of(REDRIVE_POLICY, "dead letters, please")));
  }

  @Test
  void case_D7_sourcesOfADeadLetterQueue() {
    String dlq = createQueue();
    ListDeadLetterSourceQueuesResponse none =
        sqs.listDeadLetterSourceQueues(request -> request.queueUrl(dlq));
    assertThat(none.queueUrls()).isEmpty();
    String first = createQueue(Map.of(REDRIVE_POLICY, redrive(dlq, 3)));
    String second = createQueue(Map.of(REDRIVE_POLICY, redrive(dlq, 3)));
    assertThat(sources(dlq)).containsExactlyInAnyOrder(first, second);
    // The SDK's paginator, one a page.
    assertThat(sqs.listDeadLetterSourceQueuesPaginator(
            request -> request.queueUrl(dlq).maxResults(1)).queueUrls().stream())
        .containsExactlyInAnyOrder(first, second);
    set(first, REDRIVE_POLICY, "");
    assertThat(sources(dlq)).containsExactly(second);
  }

  private static List<String> sources(String dlq) {
    return sqs.listDeadLetterSourceQueues(request -> request.queueUrl(dlq)).queueUrls();
  }

  private void assertPolicyRefused(String policy, String reason) {
    assertInvalidParameter(
        "Value " + policy + " for parameter RedrivePolicy is invalid. Reason: " + reason,
        () -> createQueue(Map.of(REDRIVE_POLICY, policy)));
  }

  static String redrive(String dlq, int receives) {
    return redriveTo(arnOf(dlq), receives);
  }

  private static String redriveTo(String arn, int receives) {
    return "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":" + receives + "}";
  }
}
