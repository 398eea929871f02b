/* The recurrence and the valley in plain C: what a compiler makes of GCC's vector extensions, OpenMP over blocks of 64.
 *
 *     gcc -O3 -march=native -mprefer-vector-width=512 -fopenmp -fno-math-errno -shared -fPIC *.c -o reference.so
 */
#include "reference.h"

/* ------------------------------------------------------------------ w <- rho w + sigma (xi_k - kappa xi_{k-1})
 * Rademacher: two steps at a time, since both depend on the same three signs (last, new, newer), which pick one of
 * eight entries from each of two tables: w' = rho w + one[signs], w'' = rho^2 w + two[signs]. A coordinate stays in a
 * register for the 62 steps of one word of signs. */

#define STRETCH 62

typedef struct { int dim, steps; double rho, kappa, sigma; } recurrence_settings;

INLINE f8 sign_table(int steps, double rho, double kappa_first, double kappa, double sigma) {
    f8 table;
    for (int i = 0; i < 8; i++) {
        const double last = i & 1 ? sigma : -sigma, new = i & 2 ? sigma : -sigma, newer = i & 4 ? sigma : -sigma;
        const double one = new - kappa_first * last;
        table[i] = steps == 1 ? one : rho * one + newer - kappa * new;
    }
    return table;
}

static void recurrence_signs(recurrence_settings p, stream s, f8 *w, w8 *signs, f8 *norms, moments *m) {
    const f8 rho = all(p.rho), rho2 = all(p.rho * p.rho);
    const f8 one = sign_table(1, p.rho, p.kappa, p.kappa, p.sigma);
    const f8 two = sign_table(2, p.rho, p.kappa, p.kappa, p.sigma);
    memset(w, 0, p.dim * sizeof *w);
    memset(signs, 0, p.dim * sizeof *signs);
    for (int done = 0; done < p.steps; done += STRETCH) {
        const int count = p.steps - done < STRETCH ? p.steps - done : STRETCH;
        const int begin = done == 0 ? 2 : 0;
        memset(norms, 0, STRETCH * sizeof *norms);
        for (int j = 0; j < p.dim; j++) signs[j] = draw(&s) << 1 | signs[j] >> STRETCH % 64;
        if (done == 0) { /* nothing is taken back yet */
            const f8 first = sign_table(1, p.rho, 0, p.kappa, p.sigma);
            const f8 then = sign_table(2, p.rho, 0, p.kappa, p.sigma);
            for (int j = 0; j < p.dim; j++) {
                const f8 x = __builtin_shuffle(first, (i8)signs[j]);
                w[j] = __builtin_shuffle(then, (i8)signs[j]);
                norms[0] += x * x;
                norms[1] += w[j] * w[j];
            }
        }
        int j = 0;
        for (; j + 4 <= p.dim; j += 4) {
            f8 x0 = w[j], x1 = w[j + 1], x2 = w[j + 2], x3 = w[j + 3];
            w8 b0 = signs[j] >> begin, b1 = signs[j + 1] >> begin;
            w8 b2 = signs[j + 2] >> begin, b3 = signs[j + 3] >> begin;
            for (int k = begin; k < STRETCH; k += 2) {
                const f8 y0 = rho * x0 + __builtin_shuffle(one, (i8)b0), y1 = rho * x1 + __builtin_shuffle(one, (i8)b1);
                const f8 y2 = rho * x2 + __builtin_shuffle(one, (i8)b2), y3 = rho * x3 + __builtin_shuffle(one, (i8)b3);
                x0 = rho2 * x0 + __builtin_shuffle(two, (i8)b0), x1 = rho2 * x1 + __builtin_shuffle(two, (i8)b1);
                x2 = rho2 * x2 + __builtin_shuffle(two, (i8)b2), x3 = rho2 * x3 + __builtin_shuffle(two, (i8)b3);
                b0 >>= 2, b1 >>= 2, b2 >>= 2, b3 >>= 2;
                norms[k] = y0 * y0 + (y1 * y1 + (y2 * y2 + (y3 * y3 + norms[k])));
                norms[k + 1] = x0 * x0 + (x1 * x1 + (x2 * x2 + (x3 * x3 + norms[k + 1])));
            }
            w[j] = x0, w[j + 1] = x1, w[j + 2] = x2, w[j + 3] = x3;
        }
        for (; j < p.dim; j++) {
            w8 bits = signs[j] >> begin;
            for (int k = begin; k < STRETCH; k += 2, bits >>= 2) {
                const f8 y = rho * w[j] + __builtin_shuffle(one, (i8)bits);
                w[j] = rho2 * w[j] + __builtin_shuffle(two, (i8)bits);
                norms[k] += y * y;
                norms[k + 1] += w[j] * w[j];
            }
        }
        for (int k = 0; k < count; k++) keep(&m[done + k], norms[k]); /* steps past the end are run and dropped */
    }
}

static void recurrence_normals(recurrence_settings p, stream s, const tables *t, f8 *w, f8 *last, moments *m) {
    memset(w, 0, p.dim * sizeof *w);
    memset(last, 0, p.dim * sizeof *last);
    const f8 rho = all(p.rho), sigma = all(p.sigma), taken = all(p.kappa * p.sigma);
    for (int k = 0; k < p.steps; k++) {
        f8 even = all(0), odd = all(0), z0, z1;
        int j = 0;
        for (; j + 2 <= p.dim; j += 2) {
            normals(&s, t, &z0, &z1);
            const f8 x = rho * w[j] + (z0 * sigma - last[j]), y = rho * w[j + 1] + (z1 * sigma - last[j + 1]);
            last[j] = z0 * taken, last[j + 1] = z1 * taken;
            w[j] = x, w[j + 1] = y;
            even += x * x, odd += y * y;
        }
        if (j < p.dim) {
            normals(&s, t, &z0, &z1);
            w[j] = rho * w[j] + (z0 * sigma - last[j]);
            last[j] = z0 * taken;
            even += w[j] * w[j];
        }
        keep(&m[k], even + odd);
    }
}

/* |w|^2 at every step, from w = 0. */
void recurrence(int gaussian, double rho, double kappa, double sigma, int dim, long trajectories, int steps,
                uint64_t seed, double *out) {
    const long blocks = trajectories / BLOCK;
    const recurrence_settings p = {dim, steps, rho, kappa, sigma};
    const tables t = make_tables();
    double *partial = malloc(2 * sizeof(double) * blocks * steps);
#pragma omp parallel
    {
        f8 *w = aligned_alloc(64, dim * sizeof *w), *last = aligned_alloc(64, dim * sizeof *last);
        f8 norms[STRETCH];
        moments *m = aligned_alloc(64, steps * sizeof *m);
#pragma omp for schedule(dynamic)
        for (long b = 0; b < blocks; b++) {
            memset(m, 0, steps * sizeof *m);
            for (long first = b * BLOCK; first < (b + 1) * BLOCK; first += LANES) {
                if (gaussian) recurrence_normals(p, open_stream(seed, first), &t, w, last, m);
                else recurrence_signs(p, open_stream(seed, first), w, (w8 *)last, norms, m);
            }
            reduce(steps, m, partial + 2 * b * steps);
        }
        free(w), free(last), free(m);
    }
    finish(blocks, steps, partial, trajectories, out);
    free(partial);
}

/* ------------------------------------------------------------------ the widening valley v^2 |u|^2 / 2
 * Within a step the coordinates of u meet only in |u|^2: one pass reads, moves and measures them. */

typedef struct { int dim, steps, every; double eta, kappa, sigma, start; } valley_settings;

#define FRESH 63 /* signs a word: its lowest bit keeps the last one of the word before */

static void valley_signs(valley_settings p, stream s, f8 *u, w8 *signs, moments *m) {
    const f8 size = all(p.dim), taken = sign_table(1, 0, p.kappa, 0, p.sigma), whole = sign_table(1, 0, 0, 0, p.sigma);
    f8 v = all(p.start), norm = all(p.dim * p.start * p.start);
    for (int j = 0; j < p.dim; j++) u[j] = all(p.start);
    memset(signs, 0, (p.dim + 1) * sizeof *signs);
    for (int k = 0; k < p.steps; k++) {
        if (k % FRESH == 0)
            for (int j = 0; j <= p.dim; j++) signs[j] = draw(&s) << 1 | signs[j] >> FRESH;
        const w8 used = words(k % FRESH);
        const f8 table = k == 0 ? whole : taken;
        const f8 across = 1.0 - p.eta * (v * v), along = 1.0 - p.eta * norm;
        f8 n0 = all(0), n1 = all(0), n2 = all(0), n3 = all(0);
        int j = 0;
        for (; j + 4 <= p.dim; j += 4) {
            const f8 x0 = across * u[j] + __builtin_shuffle(table, (i8)(signs[j] >> used));
            const f8 x1 = across * u[j + 1] + __builtin_shuffle(table, (i8)(signs[j + 1] >> used));
            const f8 x2 = across * u[j + 2] + __builtin_shuffle(table, (i8)(signs[j + 2] >> used));
            const f8 x3 = across * u[j + 3] + __builtin_shuffle(table, (i8)(signs[j + 3] >> used));
            n0 += x0 * x0, n1 += x1 * x1, n2 += x2 * x2, n3 += x3 * x3;
            u[j] = x0, u[j + 1] = x1, u[j + 2] = x2, u[j + 3] = x3;
        }
        for (; j < p.dim; j++) {
            u[j] = across * u[j] + __builtin_shuffle(table, (i8)(signs[j] >> used));
            n0 += u[j] * u[j];
        }
        v = along * v + __builtin_shuffle(table, (i8)(signs[p.dim] >> used));
        norm = (n0 + n1) + (n2 + n3);
        if ((k + 1) % p.every == 0) keep(&m[(k + 1) / p.every - 1], size * (v * v) + norm);
    }
}

static void valley_normals(valley_settings p, stream s, const tables *t, f8 *u, f8 *last, moments *m) {
    const f8 size = all(p.dim), sigma = all(p.sigma), taken = all(p.kappa * p.sigma);
    f8 v = all(p.start), norm = all(p.dim * p.start * p.start);
    for (int j = 0; j < p.dim; j++) u[j] = all(p.start);
    memset(last, 0, (p.dim + 1) * sizeof *last);
    for (int k = 0; k < p.steps; k++) {
        const f8 across = 1.0 - p.eta * (v * v), along = 1.0 - p.eta * norm;
        f8 even = all(0), odd = all(0), z0, z1;
        int j = 0;
        for (; j + 2 <= p.dim; j += 2) {
            normals(&s, t, &z0, &z1);
            const f8 x = across * u[j] + (z0 * sigma - last[j]), y = across * u[j + 1] + (z1 * sigma - last[j + 1]);
            last[j] = z0 * taken, last[j + 1] = z1 * taken;
            u[j] = x, u[j + 1] = y;
            even += x * x, odd += y * y;
        }
        normals(&s, t, &z0, &z1); /* of the last of u, if their number is odd, and of v */
        if (j < p.dim) {
            u[j] = across * u[j] + (z1 * sigma - last[j]);
            last[j] = z1 * taken;
            even += u[j] * u[j];
        }
        v = along * v + (z0 * sigma - last[p.dim]);
        last[p.dim] = z0 * taken;
        norm = even + odd;
        if ((k + 1) % p.every == 0) keep(&m[(k + 1) / p.every - 1], size * (v * v) + norm);
    }
}

/* Trace of the Hessian, dim v^2 + |u|^2, every so many steps, from u = (start, ..., start), v = start. */
void valley(int gaussian, double eta, double kappa, double sigma, double start, int dim, long trajectories, int steps,
            int every, uint64_t seed, double *out) {
    const long blocks = trajectories / BLOCK;
    const int records = steps / every;
    const valley_settings p = {dim, steps, every, eta, kappa, sigma, start};
    const tables t = make_tables();
    double *partial = malloc(2 * sizeof(double) * blocks * records);
#pragma omp parallel
    {
        f8 *u = aligned_alloc(64, (dim + 1) * sizeof *u), *last = aligned_alloc(64, (dim + 1) * sizeof *last);
        moments *m = aligned_alloc(64, records * sizeof *m);
#pragma omp for schedule(dynamic)
        for (long b = 0; b < blocks; b++) {
            memset(m, 0, records * sizeof *m);
            for (long first = b * BLOCK; first < (b + 1) * BLOCK; first += LANES) {
                if (gaussian) valley_normals(p, open_stream(seed, first), &t, u, last, m);
                else valley_signs(p, open_stream(seed, first), u, (w8 *)last, m);
            }
            reduce(records, m, partial + 2 * b * records);
        }
        free(u), free(last), free(m);
    }
    finish(blocks, records, partial, trajectories, out);
    free(partial);
}
