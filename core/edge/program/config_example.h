/* A config file that explains every setting. */
#ifndef RJ_EDGE_PROGRAM_CONFIG_EXAMPLE_H
#define RJ_EDGE_PROGRAM_CONFIG_EXAMPLE_H

/* Prints it on standard output. */
void rj_program_config_example(void);

#endif
