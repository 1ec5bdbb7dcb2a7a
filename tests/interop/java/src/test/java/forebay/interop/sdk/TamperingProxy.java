// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/** Stands between a client and the server and rewrites the bodies of answers. */
final class TamperingProxy implements AutoCloseable {
  private final HttpServer front;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient back =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI server;
  private final UnaryOperator<String> tampering;

  TamperingProxy(URI server, UnaryOperator<String> tampering) throws IOException {
    this.server = server;
    this.tampering = tampering;
    front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    front.setExecutor(threads);
    front.createContext("/", this::exchange);
    front.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + front.getAddress().getPort());
  }

  @Override
  public void close() {
    front.stop(0);
    threads.shutdownNow();
  }

  private void exchange(HttpExchange exchange) throws IOException {
    try (exchange) {
      HttpResponse<String> answer = forward(exchange);
      byte[] body = tampering.apply(answer.body()).getBytes(StandardCharsets.UTF_8);
      answer.headers().map().forEach((name, values) -> {
        if (!dependsOnBody(name)) {
          exchange.getResponseHeaders().put(name, values);
        }
      });
      exchange.sendResponseHeaders(answer.statusCode(), body.length == 0 ? -1 : body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private HttpResponse<String> forward(HttpExchange exchange) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(exchange.getRequestURI().toString()))
            .POST(HttpRequest.BodyPublishers.ofByteArray(
                exchange.getRequestBody().readAllBytes()));
    Set<String> passed = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    passed.addAll(List.of("Authorization", "Content-Type", "X-Amz-Target", "X-Amz-Date",
        "X-Amzn-Query-Mode"));
    exchange.getRequestHeaders().forEach((name, values) -> {
      if (passed.contains(name)) {
        values.forEach(value -> request.header(name, value));
      }
    });
    try {
      return back.send(
          request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(interrupted);
    }
  }

  private static boolean dependsOnBody(String header) {
    return header.equalsIgnoreCase("Content-Length")
        || header.equalsIgnoreCase("Transfer-Encoding")
        || header.equalsIgnoreCase("Connection");
  }
}
