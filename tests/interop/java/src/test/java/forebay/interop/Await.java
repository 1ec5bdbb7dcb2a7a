// SPDX-License-Identifier: Apache-2.0
package forebay.interop;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Polls for a state that the server reaches by itself. */
public final class Await {
  private static final Duration PAUSE = Duration.ofMillis(50);

  private Await() {}

  /** Returns when {@code reached} is true; fails with {@code what} after {@code limit}. */
  public static void until(String what, Duration limit, BooleanSupplier reached) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!reached.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + limit.toSeconds() + " s: " + what);
      }
      pause(PAUSE);
    }
  }

  static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", interrupted);
    }
  }
}
