/** EC2's id of an instance, `i-…`: also the etcd name of its member. */
export type InstanceId = string;

/** Decimal text of a 64-bit etcd id: never a number, which cannot hold it. */
export type MemberId = string;
export type ClusterId = string;
