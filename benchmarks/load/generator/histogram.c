#include "histogram.h"

#include <string.h>

/* Values below 128 ns have a bucket each; above, every power of two is cut into 64 buckets. */
static int bucket_of(uint64_t value) {
    if (value < 2 * SUB_BUCKETS) return (int)value;
    int shift = 63 - __builtin_clzll(value) - 6;
    int bucket = SUB_BUCKETS * shift + (int)(value >> shift);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static uint64_t upper_edge(int bucket) {
    if (bucket < 2 * SUB_BUCKETS) return (uint64_t)bucket;
    int shift = bucket / SUB_BUCKETS - 1;
    uint64_t step = (uint64_t)(bucket - SUB_BUCKETS * shift);
    return ((step + 1) << shift) - 1;
}

void histogram_clear(histogram *h) { memset(h, 0, sizeof *h); }

void histogram_add(histogram *h, uint64_t value_ns) {
    h->counts[bucket_of(value_ns)]++;
    h->total++;
    h->sum_ns += (double)value_ns;
    if (value_ns > h->max_ns) h->max_ns = value_ns;
}

void histogram_merge(histogram *into, const histogram *from) {
    for (int i = 0; i < BUCKETS; i++) into->counts[i] += from->counts[i];
    into->total += from->total;
    into->sum_ns += from->sum_ns;
    if (from->max_ns > into->max_ns) into->max_ns = from->max_ns;
}

uint64_t histogram_quantile(const histogram *h, double quantile) {
    uint64_t wanted = (uint64_t)(quantile * (double)h->total + 0.999999);
    uint64_t seen = 0;
    if (wanted == 0) wanted = 1;
    for (int i = 0; i < BUCKETS; i++) {
        seen += h->counts[i];
        if (seen >= wanted) {
            uint64_t edge = upper_edge(i);
            return edge < h->max_ns ? edge : h->max_ns;
        }
    }
    return 0;
}

void histogram_print(const histogram *h, FILE *out, int with_buckets) {
    static const struct { const char *name; double quantile; } columns[] = {
        {"p50_ms", 0.5}, {"p90_ms", 0.9}, {"p99_ms", 0.99}, {"p99_9_ms", 0.999},
    };
    double mean_ms = h->total ? h->sum_ns / (double)h->total / 1e6 : 0;
    fprintf(out, "{\"count\":%llu,\"mean_ms\":%.6f", (unsigned long long)h->total, mean_ms);
    for (int i = 0; i < 4; i++)
        fprintf(out, ",\"%s\":%.6f", columns[i].name, (double)histogram_quantile(h, columns[i].quantile) / 1e6);
    fprintf(out, ",\"max_ms\":%.6f", (double)h->max_ns / 1e6);
    if (with_buckets) {
        const char *comma = "";
        fputs(",\"buckets\":[", out);
        for (int i = 0; i < BUCKETS; i++) {
            if (!h->counts[i]) continue;
            fprintf(out, "%s[%.6f,%llu]", comma, (double)upper_edge(i) / 1e6, (unsigned long long)h->counts[i]);
            comma = ",";
        }
        fputc(']', out);
    }
    fputc('}', out);
}
