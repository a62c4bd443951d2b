/* Puts what was written to a file on the disk, on a thread of its own, so that nobody waits for the
 * disk: a sync takes as long as the disk likes, and what is written meanwhile goes with the next one. */
#ifndef RJ_HOST_DISK_SYNC_H
#define RJ_HOST_DISK_SYNC_H

typedef struct rj_disk_sync rj_disk_sync;

rj_disk_sync *rj_disk_sync_new(void);
/* Waits for nothing: a sync that is wanted or under way is still done. */
void rj_disk_sync_free(rj_disk_sync *sync);
/* What was written to `fd` so far is to be on the disk soon. Where no thread can be had: before the
 * return. */
void rj_disk_sync_want(rj_disk_sync *sync, int fd);
/* Another file has taken its place: a sync that has not begun is not wanted any more. */
void rj_disk_sync_forget(rj_disk_sync *sync);
/* The errno of the last sync that failed since the last call; 0: none did. */
int rj_disk_sync_error(rj_disk_sync *sync);
/* Waits until nothing is wanted any more: for tests and benches. */
void rj_disk_sync_wait(rj_disk_sync *sync);

#endif
