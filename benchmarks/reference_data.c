/* The landscapes that are means over data, in plain C: the two basins and the quadratically parametrized regression. */
#include "reference.h"

/* ------------------------------------------------------------------ two basins
 * In a = (w1 - w2) / sqrt 2, b = (w1 + w2) / sqrt 2, data point i at (a_i, b_i): a flat quadratic x^2 + y^2 and a sharp
 * one 10 x^2 + 100 (y - 2 sqrt 2)^2, x = a - a_i, y = b - b_i. Which is smaller is a threshold linear in a and b, and all
 * that gradients and their second moments need are sums over the points in their sharp one. */

#define TOP (2 * M_SQRT2)
enum { COUNT, A, B, AA, AB, BB, SUMS };

typedef struct { double a, b, limit, limit_a, limit_b, aa, ab, bb; } point;

/* total + value in the lanes whose threshold is below own */
INLINE f8 add_below(f8 limit, f8 own, f8 total, f8 value) {
#ifdef __AVX512F__
    return _mm512_mask_add_pd(total, _mm512_cmp_pd_mask(limit, own, _CMP_LT_OQ), total, value);
#else
    return total + (f8)((i8)value & (limit < own));
#endif
}

INLINE void sharp_sums(const point *points, int samples, f8 a, f8 b, f8 own, f8 *s) {
    for (int i = 0; i < samples; i++) {
        const point *q = points + i;
        const f8 limit = b * q->limit_b + (a * q->limit_a + q->limit);
        s[COUNT] = add_below(limit, own, s[COUNT], all(1));
        s[A] = add_below(limit, own, s[A], all(q->a));
        s[B] = add_below(limit, own, s[B], all(q->b));
        s[AA] = add_below(limit, own, s[AA], all(q->aa));
        s[AB] = add_below(limit, own, s[AB], all(q->ab));
        s[BB] = add_below(limit, own, s[BB], all(q->bb));
    }
}

/* sum of (x - a_i) (y - b_i) over count points */
INLINE f8 spread(f8 count, f8 x, f8 y, f8 a, f8 b, f8 ab) { return (count * x - a) * y + (ab - x * b); }

typedef struct { int samples, steps; double eta, trace; point whole; } basins_settings;

/* One step of eight trajectories; the noise's covariance is that of the gradients, scaled to the given trace. */
INLINE void basins_step(const basins_settings *p, const f8 *s, f8 z0, f8 z1, f8 *a, f8 *b) {
    const f8 rest = p->samples - s[COUNT], top = *b - TOP, share = all(1.0 / p->samples);
    const f8 fa = p->whole.a - s[A], fb = p->whole.b - s[B];
    const f8 ga = share * (20 * (s[COUNT] * *a - s[A]) + 2 * (rest * *a - fa));
    const f8 gb = share * (200 * (s[COUNT] * top - s[B]) + 2 * (rest * *b - fb));
    const f8 aa = 400 * spread(s[COUNT], *a, *a, s[A], s[A], s[AA]) + 4 * spread(rest, *a, *a, fa, fa, p->whole.aa - s[AA]);
    const f8 ab = 4000 * spread(s[COUNT], *a, top, s[A], s[B], s[AB]) + 4 * spread(rest, *a, *b, fa, fb, p->whole.ab - s[AB]);
    const f8 bb = 40000 * spread(s[COUNT], top, top, s[B], s[B], s[BB]) + 4 * spread(rest, *b, *b, fb, fb, p->whole.bb - s[BB]);
    const f8 caa = aa * share - ga * ga, cab = ab * share - ga * gb, cbb = bb * share - gb * gb;
    const f8 scale = p->trace / (caa + cbb), laa = root(caa * scale), lab = cab * scale / laa;
    const f8 lbb = root(cbb * scale - lab * lab);
    *a += p->eta * (laa * z0 - ga);
    *b += p->eta * (lab * z0 + lbb * z1 - gb);
}

INLINE f8 basins_loss(const point *points, int samples, f8 a, f8 b) {
    f8 total = all(0);
    for (int i = 0; i < samples; i++) {
        const f8 x = a - points[i].a, y = b - points[i].b, top = y - TOP;
        const f8 sharp = 10 * (x * x) + 100 * (top * top), flat = x * x + y * y;
        const i8 below = sharp < flat;
        total += (f8)(((i8)sharp & below) | ((i8)flat & ~below));
    }
    return total / (double)samples;
}

INLINE void basins_pair(basins_settings p, const point *points, const tables *t, uint64_t seed, long first, double start,
                        moments *m) {
    stream s0 = open_stream(seed, first), s1 = open_stream(seed, first + LANES);
    f8 a0 = all(0), a1 = all(0), b0 = all(start), b1 = all(start);
    for (int k = 0; k < p.steps; k++) { /* two vectors at a time hide the latency of the sums */
        f8 sums0[SUMS] = {0}, sums1[SUMS] = {0}, z0, z1;
        const f8 own0 = b0 * (200 * TOP - 99 * b0) - 9 * (a0 * a0), own1 = b1 * (200 * TOP - 99 * b1) - 9 * (a1 * a1);
        for (int i = 0; i < p.samples; i++) {
            sharp_sums(points + i, 1, a0, b0, own0, sums0);
            sharp_sums(points + i, 1, a1, b1, own1, sums1);
        }
        normals(&s0, t, &z0, &z1);
        basins_step(&p, sums0, z0, z1, &a0, &b0);
        normals(&s1, t, &z0, &z1);
        basins_step(&p, sums1, z0, z1, &a1, &b1);
        keep(&m[k], (f8)((i8)all(1) & (b0 < 0)));
        keep(&m[k], (f8)((i8)all(1) & (b1 < 0)));
    }
    keep(&m[p.steps], basins_loss(points, p.samples, a0, b0));
    keep(&m[p.steps], basins_loss(points, p.samples, a1, b1));
}

/* Share of the trajectories in the flat basin (b < 0) at every step, then the loss after the last, from w = (w, w).
 * data: rows (a_i, b_i). */
void basins(const double *data, int samples, double eta, double trace, double w, long trajectories, int steps,
            uint64_t seed, double *out) {
    const long blocks = trajectories / BLOCK;
    const tables t = make_tables();
    basins_settings p = {samples, steps, eta, trace, {0, 0, 0, 0, 0, 0, 0, 0}};
    point *points = malloc(samples * sizeof *points);
    double *partial = malloc(2 * sizeof(double) * blocks * (steps + 1));
    for (int i = 0; i < samples; i++) {
        const double a = data[2 * i], b = data[2 * i + 1];
        points[i] = (point){a, b, 9 * a * a + 99 * b * b + 200 * TOP * b + 800, -18 * a, -198 * b, a * a, a * b, b * b};
        p.whole.a += a, p.whole.b += b;
        p.whole.aa += a * a, p.whole.ab += a * b, p.whole.bb += b * b;
    }
#pragma omp parallel
    {
        moments *m = aligned_alloc(64, (steps + 1) * sizeof *m);
#pragma omp for schedule(dynamic)
        for (long k = 0; k < blocks; k++) {
            memset(m, 0, (steps + 1) * sizeof *m);
            for (long first = k * BLOCK; first < (k + 1) * BLOCK; first += 2 * LANES)
                basins_pair(p, points, &t, seed, first, w * M_SQRT2, m);
            reduce(steps + 1, m, partial + 2 * k * (steps + 1));
        }
        free(m);
    }
    finish(blocks, steps + 1, partial, trajectories, out);
    free(partial), free(points);
}

/* ------------------------------------------------------------------ |X (w * w) - y|^2 / (4 n), Gaussian Anti-PGD
 * Four vectors of trajectories at a time; both products are made of tiles of five rows of the matrix. */

#define ROWS 5
#define WIDE 4

typedef struct { int samples, dim, steps, every; double eta, sigma, kappa, start; } regression_settings;
typedef f8 wide[WIDE];

/* matrix: tile by tile, `rows` rounded up to full tiles, ROWS entries of a column next to each other */
static double *packed(const double *x, int rows, int columns, int row_step, int column_step) {
    const int tiles = (rows + ROWS - 1) / ROWS;
    double *out = calloc((size_t)tiles * ROWS * columns, sizeof *out);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            out[((size_t)(i / ROWS) * columns + j) * ROWS + i % ROWS] = x[i * row_step + j * column_step];
    return out;
}

INLINE void tile(const double *matrix, int columns, const wide *vector, wide *out) {
    f8 total[ROWS][WIDE] = {{{0}}};
    for (int j = 0; j < columns; j++, matrix += ROWS)
        for (int i = 0; i < ROWS; i++)
            for (int v = 0; v < WIDE; v++) total[i][v] += matrix[i] * vector[j][v];
    memcpy(out, total, sizeof total);
}

typedef struct { wide *w, *square, *last, *residual; } regression_memory;

static void regression_vectors(const regression_settings *p, const double *x, const double *transposed, const double *y,
                               const tables *t, stream *s, regression_memory r, moments *m) {
    const f8 rate = all(-p->eta / p->samples), sigma = all(p->sigma), taken = all(p->kappa * p->sigma);
    for (int j = 0; j < p->dim; j++)
        for (int v = 0; v < WIDE; v++) {
            r.w[j][v] = all(p->start), r.square[j][v] = all(p->start * p->start), r.last[j][v] = all(0);
        }
    for (int k = 0; k <= p->steps; k++) {
        f8 loss[WIDE] = {{0}};
        wide product[ROWS];
        for (int i = 0; i < p->samples; i += ROWS) {
            tile(x + (size_t)i * p->dim, p->dim, r.square, product);
            for (int q = 0; q < ROWS && i + q < p->samples; q++)
                for (int v = 0; v < WIDE; v++) {
                    r.residual[i + q][v] = product[q][v] - y[i + q];
                    loss[v] += r.residual[i + q][v] * r.residual[i + q][v];
                }
        }
        if (k % p->every == 0)
            for (int v = 0; v < WIDE; v++) keep(&m[k / p->every], loss[v] * (0.25 / p->samples));
        if (k == p->steps) break;
        for (int j = 0; j < p->dim; j += ROWS) {
            tile(transposed + (size_t)j * p->samples, p->samples, r.residual, product);
            for (int q = 0; q < ROWS && j + q < p->dim; q++)
                for (int v = 0; v < WIDE; v += 2) {
                    f8 z[2];
                    normals(s + v / 2, t, z, z + 1);
                    for (int h = 0; h < 2; h++) {
                        f8 *w = &r.w[j + q][v + h], *last = &r.last[j + q][v + h];
                        *w += rate * product[q][v + h] * *w + (z[h] * sigma - *last);
                        *last = z[h] * taken;
                        r.square[j + q][v + h] = *w * *w;
                    }
                }
        }
    }
}

/* The loss every so many steps, from w = (start, ..., start); x: row by row. */
void regression(const double *x, const double *y, int samples, int dim, double eta, double sigma, double kappa,
                double start, long trajectories, int steps, int every, uint64_t seed, double *out) {
    const long blocks = trajectories / BLOCK;
    const int records = steps / every + 1;
    const regression_settings p = {samples, dim, steps, every, eta, sigma, kappa, start};
    const tables t = make_tables();
    double *partial = malloc(2 * sizeof(double) * blocks * records);
    double *tiles = packed(x, samples, dim, dim, 1), *transposed = packed(x, dim, samples, 1, dim);
#pragma omp parallel
    {
        wide *memory = aligned_alloc(64, (3 * dim + samples) * sizeof *memory);
        const regression_memory r = {memory, memory + dim, memory + 2 * dim, memory + 3 * dim};
        moments *m = aligned_alloc(64, records * sizeof *m);
#pragma omp for schedule(dynamic)
        for (long k = 0; k < blocks; k++) {
            memset(m, 0, records * sizeof *m);
            for (long first = k * BLOCK; first < (k + 1) * BLOCK; first += WIDE * LANES) {
                stream s[WIDE / 2]; /* one for two vectors: their normals come in pairs */
                for (int v = 0; v < WIDE / 2; v++) s[v] = open_stream(seed, first + v * LANES);
                regression_vectors(&p, tiles, transposed, y, &t, s, r, m);
            }
            reduce(records, m, partial + 2 * k * records);
        }
        free(memory), free(m);
    }
    finish(blocks, records, partial, trajectories, out);
    free(partial), free(tiles), free(transposed);
}
