/* What a service manager hears of this service: systemd's protocol (sd_notify), spoken without its library. */
#ifndef RJ_EDGE_PROGRAM_NOTIFY_H
#define RJ_EDGE_PROGRAM_NOTIFY_H

#include <glib.h>
#include <stdbool.h>

/* Is somebody listening ($NOTIFY_SOCKET)? */
bool rj_program_notify_wanted(void);
/* Sends it ("READY=1\nSTATUS=…"); nothing where nobody listens. Whether it arrives, nobody is told. */
void rj_program_notify(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* How often "WATCHDOG=1" is wanted, in ms, with room for delay; 0: not at all. */
guint rj_program_watchdog_ms(void);

#endif
