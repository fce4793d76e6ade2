/* Latency histogram: log-linear buckets at most 1.6 % wide, from 1 ns to 18 minutes (after HdrHistogram). */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

enum { SUB_BUCKETS = 64, OCTAVES = 34, BUCKETS = SUB_BUCKETS * (OCTAVES + 2) };

typedef struct {
    uint64_t counts[BUCKETS];
    uint64_t total;
    uint64_t max_ns;
    double sum_ns;
} histogram;

void histogram_clear(histogram *h);
void histogram_add(histogram *h, uint64_t value_ns);
void histogram_merge(histogram *into, const histogram *from);

/* Upper edge of the bucket that holds the given quantile (0..1], in ns; 0 when empty. */
uint64_t histogram_quantile(const histogram *h, double quantile);

/* {"count":…,"mean_ms":…,"p50_ms":…,…,"buckets":[[upper_ms,count],…]} */
void histogram_print(const histogram *h, FILE *out, int with_buckets);

#endif
