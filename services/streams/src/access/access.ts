/** What an ACL names as the thing done. Kafka's operations; see https://kafka.apache.org/documentation/#operations_in_kafka */
export type Operation =
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'cluster-action'
  | 'describe-configs'
  | 'alter-configs'
  | 'idempotent-write'

export type ResourceType = 'topic' | 'group' | 'cluster' | 'transactional-id' | 'user'

/** The one name of a resource of type `cluster`. */
export const clusterName = 'kafka-cluster'

/** What one principal may do in its tenant's virtual cluster. Another tenant's resources are never in reach of it. */
export interface Access {
  /** As ACLs name it: `User:` and the API key's id or the user's name. */
  readonly principal: string
  /** Whether the operation is allowed on the resource of that name: at once, from what is held in memory. */
  may(operation: Operation, type: ResourceType, name: string): boolean
  /** Whether there is a name of that type, of a resource or not, on which the operation is allowed. */
  mayAnywhere(operation: Operation, type: ResourceType): boolean
}
