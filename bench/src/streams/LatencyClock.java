import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * EndToEndLatency tells whole milliseconds. As an interceptor of its producer and its consumer, this takes the same times,
 * from send to the return of poll, in microseconds.
 */
public class LatencyClock implements ProducerInterceptor<byte[], byte[]>, ConsumerInterceptor<byte[], byte[]> {
    private static volatile long sentAt;
    private static final long[] taken = new long[1_000_000];
    private static int count;

    public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
        sentAt = System.nanoTime();
        return record;
    }

    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        if (records.count() > 0 && count < taken.length) taken[count++] = System.nanoTime() - sentAt;
        return records;
    }

    public void onAcknowledgement(RecordMetadata metadata, Exception exception) {}

    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

    public void configure(Map<String, ?> configs) {}

    /** The producer closes first, when all is measured; the consumer's close finds nothing left to tell. */
    public void close() {
        if (count == 0) return;
        long[] sorted = Arrays.copyOf(taken, count);
        Arrays.sort(sorted);
        long p50 = sorted[count / 2] / 1000;
        long p99 = sorted[(int) (count * 0.99)] / 1000;
        System.out.println("LatencyClock: count = " + count + ", p50 = " + p50 + " us, p99 = " + p99 + " us");
        count = 0;
    }
}
