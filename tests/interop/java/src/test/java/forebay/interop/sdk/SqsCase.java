// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import forebay.interop.Await;
import forebay.interop.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;
import software.amazon.awssdk.services.sqs.model.SqsException;

/**
 * What the cases share: a client, queues with names of their own that are deleted after the case,
 * and the look of a refusal.
 *
 * <p>JUnit makes an instance per test method, so the queues of one case are never another's, also
 * when cases run at the same time.
 */
abstract class SqsCase {
  static final SqsClient sqs = Clients.apache(Endpoint.uri());
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<String> queues = new ArrayList<>();

  @AfterEach
  final void deleteQueues() {
    queues.forEach(SqsCase::deleteIfThere);
  }

  private static void deleteIfThere(String url) {
    try {
      sqs.deleteQueue(request -> request.queueUrl(url));
    } catch (QueueDoesNotExistException gone) {
      assertThat(gone.statusCode()).as("deleted by the case itself").isEqualTo(400);
    }
  }

  // --- queues ---

  static String newName() {
    return "java-" + UUID.randomUUID();
  }

  static String newFifoName() {
    return newName() + ".fifo";
  }

  static String arn(String name) {
    return "arn:aws:sqs:" + Endpoint.REGION + ":" + Endpoint.ACCOUNT + ":" + name;
  }

  static String urlOfNoQueue() {
    return Endpoint.uri() + "/" + Endpoint.ACCOUNT + "/" + newName();
  }

  final String create(String name, Map<QueueAttributeName, String> attributes) {
    String url =
        sqs.createQueue(request -> request.queueName(name).attributes(attributes)).queueUrl();
    queues.add(url);
    return url;
  }

  final String createQueue() {
    return create(newName(), Map.of());
  }

  final String createQueue(Map<QueueAttributeName, String> attributes) {
    return create(newName(), attributes);
  }

  final String createFifo(Map<QueueAttributeName, String> attributes) {
    Map<QueueAttributeName, String> all = new HashMap<>(attributes);
    all.put(QueueAttributeName.FIFO_QUEUE, "true");
    return create(newFifoName(), all);
  }

  /** A FIFO queue whose messages need no deduplication id. */
  final String createContentFifo() {
    return createFifo(Map.of(QueueAttributeName.CONTENT_BASED_DEDUPLICATION, "true"));
  }

  static Map<QueueAttributeName, String> attributes(String url) {
    return sqs.getQueueAttributes(
            request -> request.queueUrl(url).attributeNames(QueueAttributeName.ALL))
        .attributes();
  }

  static String attribute(String url, QueueAttributeName name) {
    return attributes(url).get(name);
  }

  static String arnOf(String url) {
    return attribute(url, QueueAttributeName.QUEUE_ARN);
  }

  static void set(String url, QueueAttributeName name, String value) {
    sqs.setQueueAttributes(request -> request.queueUrl(url).attributes(Map.of(name, value)));
  }

  /** Visible, in flight and delayed messages, in this order. */
  static List<Integer> counts(String url) {
    Map<QueueAttributeName, String> all = attributes(url);
    return List.of(
        Integer.valueOf(all.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES)),
        Integer.valueOf(all.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE)),
        Integer.valueOf(all.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED)));
  }

  static void awaitCounts(String url, Integer... visibleInFlightDelayed) {
    List<Integer> wanted = List.of(visibleInFlightDelayed);
    Await.until("counts " + wanted, PATIENCE, () -> counts(url).equals(wanted));
  }

  // --- messages ---

  static SendMessageResponse send(String url, String body) {
    return sqs.sendMessage(request -> request.queueUrl(url).messageBody(body));
  }

  static SendMessageResponse send(
      String url, String body, Map<String, MessageAttributeValue> attributes) {
    return sqs.sendMessage(
        request -> request.queueUrl(url).messageBody(body).messageAttributes(attributes));
  }

  static SendMessageResponse sendToGroup(String url, String group, String body) {
    return sqs.sendMessage(
        request -> request.queueUrl(url).messageBody(body).messageGroupId(group));
  }

  static SendMessageResponse sendToGroup(String url, String group, String id, String body) {
    return sqs.sendMessage(request -> request.queueUrl(url).messageBody(body).messageGroupId(group)
        .messageDeduplicationId(id));
  }

  static MessageAttributeValue text(String type, String value) {
    return MessageAttributeValue.builder().dataType(type).stringValue(value).build();
  }

  /** What is there now, at most {@code count}, with all attributes. */
  static List<Message> receive(String url, int count) {
    return receive(url, count, null);
  }

  /** The same with a visibility timeout; null is the queue's own. */
  static List<Message> receive(String url, int count, Integer visibilityTimeout) {
    return sqs.receiveMessage(request -> request.queueUrl(url).maxNumberOfMessages(count)
            .visibilityTimeout(visibilityTimeout)
            .messageAttributeNames("All")
            .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
        .messages();
  }

  static Message receiveOne(String url) {
    List<Message> messages = receive(url, 10);
    assertThat(messages).hasSize(1);
    return messages.get(0);
  }

  static List<String> bodies(List<Message> messages) {
    return messages.stream().map(Message::body).toList();
  }

  static void delete(String url, Message message) {
    sqs.deleteMessage(request -> request.queueUrl(url).receiptHandle(message.receiptHandle()));
  }

  static void changeVisibility(String url, Message message, int seconds) {
    sqs.changeMessageVisibility(request -> request.queueUrl(url)
        .receiptHandle(message.receiptHandle()).visibilityTimeout(seconds));
  }

  // --- refusals ---

  /** The typed exception, the code that stands in the query-error header, and the exact text. */
  static SqsException assertRefused(
      Class<? extends SqsException> type, String code, String message, ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).isExactlyInstanceOf(type);
    SqsException refusal = (SqsException) thrown;
    assertThat(refusal.awsErrorDetails().errorCode()).isEqualTo(code);
    assertThat(refusal.awsErrorDetails().errorMessage()).isEqualTo(message);
    assertThat(refusal.requestId()).isNotBlank();
    return refusal;
  }

  /** Codes without a class of their own in the SDK: InvalidParameterValue and its like. */
  static void assertRefused(String code, String message, ThrowingCallable call) {
    SqsException refusal = assertRefused(SqsException.class, code, message, call);
    assertThat(refusal.statusCode()).isEqualTo(400);
  }

  static void assertNoQueue(ThrowingCallable call) {
    SqsException refusal = assertRefused(QueueDoesNotExistException.class,
        "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", call);
    assertThat(refusal.statusCode()).isEqualTo(400);
  }

  /** For refusals whose text the contract does not fix. */
  static String codeOf(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).isInstanceOf(SqsException.class);
    return ((SqsException) thrown).awsErrorDetails().errorCode();
  }

  static void assertInvalidParameter(String message, ThrowingCallable call) {
    assertRefused("InvalidParameterValue", message, call);
  }
}
