package booking;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** The events that this service handles, each with the fields that it needs. */
interface Events {

  @JsonNaming(SnakeCaseStrategy.class)
  record PaymentSucceeded(
      String paymentId,
      long amount,
      String currency,
      String reference,
      Map<String, String> metadata,
      Instant occurredAt,
      List<String> paymentMethodTypes) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record RefundSucceeded(String paymentId, String refundId, long amount, Instant occurredAt) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record DisputeOpened(String paymentId, String disputeId, Instant evidenceDueBy) {}

  /** A record that could not be deserialized, such as one of an unmapped type. */
  record Skipped(String type) {}
}
