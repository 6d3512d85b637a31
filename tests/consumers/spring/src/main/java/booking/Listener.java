package booking;

import org.springframework.kafka.annotation.KafkaHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.handler.annotation.Header;
import tools.jackson.databind.json.JsonMapper;

/** Prints each event that it is handed, as a line of JSON: its class, its key, and what it holds. */
@KafkaListener(topics = "#{systemProperties['topic']}", groupId = "#{systemProperties['group']}")
class Listener {
  private final JsonMapper json = new JsonMapper();

  @KafkaHandler
  void paid(Events.PaymentSucceeded event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
  }

  @KafkaHandler
  void refunded(Events.RefundSucceeded event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
  }

  @KafkaHandler
  void disputed(Events.DisputeOpened event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
  }

  @KafkaHandler
  void passOver(Events.NotRead event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
  }

  private void print(String key, Object event) {
    String value = json.writeValueAsString(event);
    String name = event.getClass().getSimpleName();
    System.out.printf("{\"class\": \"%s\", \"key\": \"%s\", \"event\": %s}%n", name, key, value);
  }
}
