import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

interface MetricOptions<Label extends string> {
  /** Prometheus' naming: `koine_` first, the unit last, `_total` for counters. */
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly Label[]
}

/** The metrics of one process, in one registry of its own: nothing global, so that tests don't meet. */
export class Metrics {
  readonly #registry = new Registry()

  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label> {
    return new Counter({ ...options, labelNames: options.labelNames ?? [], registers: [this.#registry] })
  }

  /** @param collect sets the value at the time of scraping */
  gauge<Label extends string = never>(
    options: MetricOptions<Label> & { readonly collect?: () => number },
  ): Gauge<Label> {
    const { collect, ...rest } = options
    return new Gauge({
      ...rest,
      labelNames: options.labelNames ?? [],
      registers: [this.#registry],
      ...(collect && {
        collect(this: Gauge<Label>) {
          this.set(collect())
        },
      }),
    })
  }

  /** A gauge whose series are all told anew at each scrape; what isn't told then is gone. */
  series<Label extends string>(
    options: Required<MetricOptions<Label>> & {
      readonly collect: () => Promise<Iterable<{ readonly labels: Record<Label, string>; readonly value: number }>>
    },
  ): void {
    const { collect, ...rest } = options
    const gauge = new Gauge({
      ...rest,
      async collect(this: Gauge<Label>) {
        const told = await collect()
        this.reset()
        for (const { labels, value } of told) this.set(labels, value)
      },
      registers: [],
    })
    this.#registry.registerMetric(gauge)
  }

  histogram<Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets?: number[] },
  ): Histogram<Label> {
    return new Histogram({
      ...options,
      labelNames: options.labelNames ?? [],
      buckets: options.buckets ?? latencyBucketsSeconds,
      registers: [this.#registry],
    })
  }

  /** Adds the process's own: memory, CPU, event-loop delay, garbage collection. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry, prefix: 'koine_' })
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }
}

export const latencyBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
