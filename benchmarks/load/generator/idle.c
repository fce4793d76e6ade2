/* What an idle connection costs: the server's memory before and after `connections` visitors have greeted and
   held still for `hold` seconds; a ping at the end proves that each is alive. */
#include "scenarios.h"
#include "visitors.h"

static int pong_count;

static void on_text(connection *c, char *text, size_t length, uint64_t now) {
    (void)now;
    visitor *v = c->session;
    fields frame;
    if (!scan_object(text, length, &frame)) visitor_refuse(v, text, length, "not one JSON object");
    if (span_is(frame.t, "welcome")) visitor_take_welcome(v, &frame);
    else if (span_is(frame.t, "pong")) pong_count++, note_progress();
    else if (span_is(frame.t, "error") || span_is(frame.t, "reset")) visitor_refuse(v, text, length, "refused");
}

static const behaviour sitting = {
    .websocket = true, .path = "/v1/ws", .on_open = visitor_greet, .on_text = on_text, .on_closed = visitor_lost,
};

static bool all_pongs(void) { return pong_count == visitor_count; }

void idle_run(void) {
    visitors_load(chosen.connections, 1);
    uint64_t before = tree_rss_bytes(&server_tree);
    uint64_t from = now_ns();
    visitors_connect(&sitting);
    double connect_s = (double)(now_ns() - from) / 1e9;
    machine_reading quiet_from = machine_read(&server_tree);
    serve_for_seconds(chosen.hold_s);
    machine_reading quiet_to = machine_read(&server_tree);
    uint64_t after = tree_rss_bytes(&server_tree);
    for (int i = 0; i < visitor_count; i++) {
        connection_put_text(&visitors[i].socket, "{\"t\":\"ping\"}", 12);
        connection_flush(&visitors[i].socket);
    }
    serve_until(all_pongs, "a pong from each idle connection");
    printf("{\"mode\":\"idle\",\"valid\":true,\"connections\":%d,\"rss_before_bytes\":%llu,\"rss_after_bytes\":%llu,"
           "\"bytes_per_connection\":%.1f,\"connects_per_s\":%.1f,\"idle_server_share\":%.5f}\n",
           visitor_count, (unsigned long long)before, (unsigned long long)after,
           ((double)after - (double)before) / visitor_count, visitor_count / connect_s,
           (double)(quiet_to.server_cpu_ns - quiet_from.server_cpu_ns) /
               (double)(quiet_to.wall_ns - quiet_from.wall_ns));
}
