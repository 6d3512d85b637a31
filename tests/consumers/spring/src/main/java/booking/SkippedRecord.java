package booking;

import java.util.function.Function;
import org.springframework.kafka.support.serializer.FailedDeserializationInfo;

/** Replaces a record that could not be deserialized. Instantiated by spring-kafka. */
public class SkippedRecord implements Function<FailedDeserializationInfo, Events.Skipped> {

  @Override
  public Events.Skipped apply(FailedDeserializationInfo failed) {
    return new Events.Skipped(new String(failed.getHeaders().lastHeader("__TypeId__").value()));
  }
}
