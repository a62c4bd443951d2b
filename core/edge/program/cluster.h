/* The edge as one of a cluster: what the settings of [cluster] mean. */
#ifndef RJ_EDGE_PROGRAM_CLUSTER_H
#define RJ_EDGE_PROGRAM_CLUSTER_H

#include "abi/handles.h"
#include "edge/program/settings.h"

/* Checks what they say together, and the files that they name; adds what is wrong. */
bool rj_program_cluster_check(const rj_program_settings *settings, GPtrArray *problems);

typedef struct rj_program_cluster rj_program_cluster;

/* Gives the edge that is to be made its cluster. NULL: it is alone. The settings are borrowed until it is left. */
rj_program_cluster *rj_program_cluster_join(const rj_program_settings *settings,
                                            rj_edge_extras *extras);
/* After the edge is freed. NULL is nothing. */
void rj_program_cluster_leave(rj_program_cluster *cluster);

#endif
