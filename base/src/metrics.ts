import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

interface MetricOptions<Label extends string> {
  /** Prometheus' naming: `koine_` first, the unit last, `_total` for counters. */
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly Label[]
}

/**
 * The metrics of one process, in registries of its own: nothing global, so that tests don't meet. Those with the label
 * `tenant` are told only to who may know which tenants there are.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #ofTenants = new Registry()
  readonly #untold = new Set<string>()
  #told: Promise<string> | undefined

  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label> {
    return new Counter({ ...options, labelNames: options.labelNames ?? [], registers: [this.#registryOf(options)] })
  }

  /** @param collect sets the value at the time of scraping */
  gauge<Label extends string = never>(
    options: MetricOptions<Label> & { readonly collect?: () => number },
  ): Gauge<Label> {
    const { collect, ...rest } = options
    return new Gauge({
      ...rest,
      labelNames: options.labelNames ?? [],
      registers: [this.#registryOf(options)],
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
    const untold = this.#untold
    const gauge = new Gauge({
      ...rest,
      async collect(this: Gauge<Label>) {
        const told = await collect()
        this.reset()
        for (const { labels, value } of told) {
          const { tenant } = labels as { readonly tenant?: string }
          if (tenant === undefined || !untold.has(tenant)) this.set(labels, value)
        }
      },
      registers: [],
    })
    this.#registryOf(options).registerMetric(gauge)
  }

  /** From now on no series that is told anew at each scrape tells of this tenant: it is the platform's own. */
  leaveOut(tenantId: string): void {
    this.#untold.add(tenantId)
  }

  histogram<Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets?: number[] },
  ): Histogram<Label> {
    return new Histogram({
      ...options,
      labelNames: options.labelNames ?? [],
      buckets: options.buckets ?? latencyBucketsSeconds,
      registers: [this.#registryOf(options)],
    })
  }

  /** Adds the process's own: memory, CPU, event-loop delay, garbage collection. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry, prefix: 'koine_' })
  }

  /** Prometheus' text format. Those who ask for tenants at the same time share one answer: it takes some gathering. */
  async text({ tenants = true }: { readonly tenants?: boolean } = {}): Promise<string> {
    const own = await this.#registry.metrics()
    if (!tenants) return own
    this.#told ??= this.#ofTenants.metrics().finally(() => (this.#told = undefined))
    const ofTenants = await this.#told
    return ofTenants === '' ? own : `${own}${ofTenants}`
  }

  #registryOf({ labelNames = [] }: MetricOptions<string>): Registry {
    return labelNames.includes('tenant') ? this.#ofTenants : this.#registry
  }

  get contentType(): string {
    return this.#registry.contentType
  }
}

export const latencyBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
