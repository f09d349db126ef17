import java.io.FileInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What a transactional application does, a story at a time: `Transactions <properties> <story> <topic>`. It prints what
 * it has seen; a story that goes wrong ends with an exception.
 */
public class Transactions {
    private final Properties settings = new Properties();
    private final String topic;

    private Transactions(String file, String topic) throws Exception {
        try (FileInputStream input = new FileInputStream(file)) {
            settings.load(input);
        }
        this.topic = topic;
    }

    public static void main(String[] args) throws Exception {
        Transactions stories = new Transactions(args[0], args[2]);
        switch (args[1]) {
            case "commit-and-abort" -> stories.commitAndAbort();
            case "fence" -> stories.fence();
            case "copy" -> stories.copy();
            case "time-out" -> stories.timeOut();
            case "many" -> stories.many();
            default -> throw new IllegalArgumentException(args[1]);
        }
    }

    /** A committed transaction, an aborted one, an open one: a read-committed consumer sees the first alone. */
    private void commitAndAbort() throws Exception {
        try (var producer = producer("commit-and-abort");
                var open = producer("left-open")) {
            producer.initTransactions();
            send(producer, "kept-1", "kept-2");
            producer.commitTransaction();
            send(producer, "dropped-1", "dropped-2");
            producer.flush();
            producer.abortTransaction();
            open.initTransactions();
            send(open, "open");
            open.flush();
            send(producer, "after the open one");
            producer.commitTransaction();
            print("committed while one is open", read("read_committed", 2, 1500));
            print("uncommitted", read("read_uncommitted", 6, 0));
            open.commitTransaction();
            print("committed", read("read_committed", 4, 0));
        }
    }

    /** A second producer takes the transactional id over: the first one can't commit any more. */
    private void fence() throws Exception {
        try (var zombie = producer("one-alone");
                var living = producer("one-alone")) {
            zombie.initTransactions();
            send(zombie, "by the zombie");
            zombie.flush();
            living.initTransactions();
            send(living, "by the living");
            living.commitTransaction();
            try {
                zombie.commitTransaction();
                System.out.println("zombie: committed");
            } catch (ProducerFencedException fenced) {
                System.out.println("zombie: fenced");
            }
        }
        print("committed", read("read_committed", 1, 1000));
    }

    /** Consume, transform, produce: the offsets are committed with the records, or neither. */
    private void copy() throws Exception {
        String target = topic + "-copy";
        Properties grouped = consumerSettings("read_committed");
        grouped.put("group.id", topic + "-copiers");
        try (var source = producer("copy-source")) {
            source.initTransactions();
            send(source, "1", "2", "3", "4", "5", "6");
            source.commitTransaction();
        }
        for (String fate : List.of("abort", "commit", "commit")) {
            try (var producer = producer("copier");
                    var consumer = consumer(grouped)) {
                producer.initTransactions();
                consumer.subscribe(List.of(topic));
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                List<String> values = new ArrayList<>();
                long deadline = System.currentTimeMillis() + 20_000;
                while (values.size() < 3 && System.currentTimeMillis() < deadline) {
                    for (var record : consumer.poll(Duration.ofMillis(200))) {
                        if (values.size() == 3) break;
                        values.add(record.value());
                        offsets.put(
                                new TopicPartition(record.topic(), record.partition()),
                                new OffsetAndMetadata(record.offset() + 1));
                    }
                }
                print(fate, values);
                producer.beginTransaction();
                for (String value : values) producer.send(new ProducerRecord<>(target, value));
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                if (fate.equals("commit")) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
        print("copied", read(target, "read_committed", 6, 500));
    }

    /** A transaction whose producer is gone is aborted by the coordinator, and what was behind it becomes readable. */
    private void timeOut() throws Exception {
        Properties impatient = producerSettings("impatient");
        impatient.put("transaction.timeout.ms", "2000");
        var producer = new KafkaProducer<>(impatient, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        send(producer, "never ended");
        producer.flush();
        try (var other = producer("patient")) {
            other.initTransactions();
            send(other, "behind it");
            other.commitTransaction();
        }
        print("committed", read("read_committed", 1, 0));
        try {
            producer.send(new ProducerRecord<>(topic, "too late")).get();
            producer.commitTransaction();
            System.out.println("late: committed");
        } catch (Exception failed) {
            System.out.println("late: refused");
        } finally {
            producer.close(Duration.ZERO);
        }
    }

    /** Many transactions over several partitions, every third one aborted. */
    private void many() throws Exception {
        int kept = 0;
        try (var producer = producer("many")) {
            producer.initTransactions();
            for (int i = 0; i < 60; i++) {
                boolean commits = i % 3 != 0;
                producer.beginTransaction();
                for (int j = 0; j < 10; j++) {
                    String value = (commits ? "kept-" : "dropped-") + i + "-" + j;
                    producer.send(new ProducerRecord<>(topic, String.valueOf(j), value));
                }
                if (commits) producer.commitTransaction();
                else producer.abortTransaction();
                if (commits) kept += 10;
            }
        }
        List<String> seen = read("read_committed", kept, 500);
        System.out.println("kept: " + kept);
        System.out.println("seen: " + seen.size());
        System.out.println("aborted among them: " + seen.stream().filter(value -> value.startsWith("dropped")).count());
        System.out.println("distinct: " + seen.stream().distinct().count());
    }

    private void send(KafkaProducer<String, String> producer, String... values) throws KafkaException {
        producer.beginTransaction();
        for (String value : values) producer.send(new ProducerRecord<>(topic, value));
    }

    private List<String> read(String isolation, int count, long furtherMs) {
        return read(topic, isolation, count, furtherMs);
    }

    /** The values of a topic from its beginning, `count` of them and what comes within `furtherMs` after them. */
    private List<String> read(String from, String isolation, int count, long furtherMs) {
        List<String> values = new ArrayList<>();
        try (var consumer = consumer(consumerSettings(isolation))) {
            List<TopicPartition> partitions = consumer.partitionsFor(from).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long deadline = System.currentTimeMillis() + 20_000;
            while (values.size() < count && System.currentTimeMillis() < deadline) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
            long end = System.currentTimeMillis() + furtherMs;
            while (System.currentTimeMillis() < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }

    private static void print(String what, List<String> values) {
        System.out.println(what + ": " + String.join(", ", values));
    }

    private Properties producerSettings(String transactionalId) {
        Properties all = new Properties();
        all.putAll(settings);
        all.put("transactional.id", topic + "-" + transactionalId);
        return all;
    }

    private KafkaProducer<String, String> producer(String transactionalId) {
        return new KafkaProducer<>(producerSettings(transactionalId), new StringSerializer(), new StringSerializer());
    }

    private Properties consumerSettings(String isolation) {
        Properties all = new Properties();
        all.putAll(settings);
        all.put("isolation.level", isolation);
        all.put("auto.offset.reset", "earliest");
        all.put("enable.auto.commit", "false");
        return all;
    }

    private static KafkaConsumer<String, String> consumer(Properties all) {
        return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
    }
}
