import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { type Clock, KoineError, type Logger, type Timer } from '@koine/base'

/** PEM. */
interface Certificate {
  readonly cert: string
  readonly key: string
}

interface CertificateSettings {
  /** `http.tls` or `kafka.tls`. */
  readonly setting: string
  readonly certificate: string
  readonly key: string
}

interface Surroundings {
  readonly clock: Clock
  readonly logger: Logger
}

const lookEveryMs = 10_000

/**
 * The certificate and key that two files hold, renewed when the files change. What they hold has always been checked: a
 * change that can't be used is told of, and the earlier certificate stays.
 */
export class CertificateFiles implements Disposable {
  readonly #settings: CertificateSettings
  readonly #surroundings: Surroundings
  readonly #listeners = new Set<() => void>()
  #current: Certificate
  #refused: Certificate | undefined
  #timer: Timer | undefined

  private constructor(settings: CertificateSettings, surroundings: Surroundings, current: Certificate) {
    this.#settings = settings
    this.#surroundings = surroundings
    this.#current = current
    this.#lookLater()
  }

  /**
   * Undefined when no files are named.
   * @throws KoineError when only one is, or they can't be used
   */
  static async open(settings: CertificateSettings, surroundings: Surroundings): Promise<CertificateFiles | undefined> {
    const { setting, certificate, key } = settings
    if (certificate === '' && key === '') return undefined
    if (certificate === '' || key === '') {
      throw refuse(`${setting}.certificate and ${setting}.key go together: one of them isn't set`)
    }
    const current = await readCertificate(settings)
    checkCertificate(current, settings)
    return new CertificateFiles(settings, surroundings, current)
  }

  get current(): Certificate {
    return this.#current
  }

  onRenewal(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#listeners.clear()
  }

  #lookLater(): void {
    this.#timer = this.#surroundings.clock.after(lookEveryMs, () => void this.#look())
  }

  /** Reads the files, which are small, rather than believe their times: what is mounted may be swapped in any way. */
  async #look(): Promise<void> {
    const { logger } = this.#surroundings
    const { setting } = this.#settings
    try {
      const found = await readCertificate(this.#settings)
      if (!isSame(found, this.#current) && !isSame(found, this.#refused)) {
        this.#refused = found
        checkCertificate(found, this.#settings)
        this.#current = found
        for (const listener of this.#listeners) listener()
        logger.info({ setting }, 'a renewed certificate is in use')
      }
    } catch (thrown) {
      // One file of the two may have been written so far: the next look finds both.
      logger.warn({ setting, err: thrown }, 'the certificate files changed and can’t be used; the earlier ones stay')
    }
    if (this.#timer) this.#lookLater()
  }
}

const refuse = (message: string, cause?: unknown): KoineError => new KoineError('invalid_request', message, { cause })

const isSame = (a: Certificate, b: Certificate | undefined): boolean => a.cert === b?.cert && a.key === b.key

async function readCertificate({ setting, certificate, key }: CertificateSettings): Promise<Certificate> {
  const [cert, keyText] = await Promise.all([
    readPem(`${setting}.certificate`, certificate),
    readPem(`${setting}.key`, key),
  ])
  return { cert, key: keyText }
}

async function readPem(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as { code?: string }
    throw refuse(`${setting}: ${path} can't be read (${code ?? String(cause)})`, cause)
  }
}

/** @throws KoineError with one line that says which of the two is wrong */
function checkCertificate({ cert, key }: Certificate, { setting, ...files }: CertificateSettings): void {
  const certificate = tried(
    () => new X509Certificate(cert),
    `${setting}.certificate: ${files.certificate} is not a certificate in PEM`,
  )
  const privateKey = tried(
    () => createPrivateKey(key),
    `${setting}.key: ${files.key} is not a private key in PEM, or it is one with a passphrase`,
  )
  if (!certificate.checkPrivateKey(privateKey)) {
    throw refuse(`${setting}: the key in ${files.key} is not that of the certificate in ${files.certificate}`)
  }
  tried(
    () => createSecureContext({ cert, key }),
    `${setting}: ${files.certificate} and ${files.key} can't be used for TLS`,
  )
}

function tried<T>(attempt: () => T, problem: string): T {
  try {
    return attempt()
  } catch (cause) {
    throw refuse(problem, cause)
  }
}
