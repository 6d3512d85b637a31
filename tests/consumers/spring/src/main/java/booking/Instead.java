package booking;

import java.util.function.Function;
import org.springframework.kafka.support.serializer.FailedDeserializationInfo;

/** What is handed over instead of a record that can't be read; made by spring-kafka. */
public class Instead implements Function<FailedDeserializationInfo, Events.NotRead> {

  @Override
  public Events.NotRead apply(FailedDeserializationInfo failed) {
    return new Events.NotRead(new String(failed.getHeaders().lastHeader("__TypeId__").value()));
  }
}
