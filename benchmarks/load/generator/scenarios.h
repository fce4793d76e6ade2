/* All that the generator can do, one file each. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "load.h"

extern const scenario chat;       /* chat.c: visitors over WebSocket, closed or open loop */
extern const scenario chat_paced;
extern const scenario echo;       /* echo.c: a bare echo server */
extern const scenario polling;    /* polling.c: HTTP send, then long poll */
extern const scenario agents;     /* agents.c: counted when the agent's socket has it */

void idle_run(void);              /* idle.c: memory of connections that say nothing */
void storm_run(void);             /* storm.c: all connections cut and resumed at once */

#endif
