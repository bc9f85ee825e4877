// A table that is told what changed, as JSON: new rows whole, of known ones the cells that are other. Rows keep their
// elements, so focus, selection and scroll survive four pushes a second. Text is only ever bound as text; addresses come
// from our own code.
export default {
  template: `
    <div>
      <div v-if="(searchable || exportable) && known" class="table-tools">
        <input v-if="searchable" class="text" type="search" v-model="wanted" :placeholder="'Filter'" :aria-label="'Filter ' + caption" />
        <button v-if="exportable" type="button" class="btn small" @click="$emit('export')">Export CSV</button>
        <span class="shown" role="status">{{ (shown.length === known ? '' : shown.length + ' of ') + known + (known === 1 ? ' row' : ' rows') }}</span>
      </div>
      <div v-if="known" class="table-scroll" :tabindex="wide ? 0 : undefined" role="region" :aria-label="caption" ref="scroll">
        <table class="rows cards">
          <caption class="sr">{{ caption }}</caption>
          <thead><tr>
            <th v-for="c in columns" :key="c.name" scope="col" :class="c.kind" :aria-sort="sorted(c)">
              <button v-if="c.sortable" type="button" @click="sort(c)">{{ c.label }}<span class="way" aria-hidden="true">{{ way(c) }}</span></button>
              <span v-else :class="{ sr: c.kind === 'acts' }">{{ c.label }}</span>
            </th>
          </tr></thead>
          <tbody>
            <tr v-for="row in visible" :key="row.id" v-memo="[row]">
              <td v-for="c in columns" :key="c.name" :class="c.kind" :data-label="c.label">
                <template v-if="c.kind === 'acts'">
                  <button v-for="a in row[c.name]" :key="a.name" type="button" class="btn small steer" :disabled="!!a.off" :title="a.off || undefined"
                    :aria-label="a.label + ' ' + a.of" @click="$emit('act', { row: row.id, act: a.name })">{{ a.label }}</button>
                </template>
                <template v-else-if="typeof row[c.name] === 'string'">{{ row[c.name] }}</template>
                <template v-else-if="row[c.name]">
                  <span :class="row[c.name].tone" :title="hint(row[c.name])"><a v-if="row[c.name].to" :href="row[c.name].to">{{ row[c.name].text }}</a><template v-else>{{ row[c.name].text }}</template><span v-if="row[c.name].sub" class="sub-line">{{ row[c.name].sub }}</span></span>
                </template>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      <div v-if="shown.length > visible.length" class="table-more">
        <button type="button" class="btn small" @click="most += 200">Show more ({{ shown.length - visible.length }})</button>
      </div>
      <div v-if="!known" class="empty"><strong>{{ empty }}</strong>{{ next }}</div>
    </div>`,
  props: { columns: Array, initial: String, caption: String, empty: String, next: String, searchable: Boolean, exportable: Boolean },
  emits: ["act", "export"],
  data() {
    return { told: 0, order: [], wanted: "", by: null, down: false, wide: false, most: 50 };
  },
  created() {
    this.rows = new Map();
    this.apply(this.initial);
  },
  mounted() {
    this.measure = () => { const box = this.$refs.scroll; this.wide = !!box && box.scrollWidth > box.clientWidth; };
    window.addEventListener("resize", this.measure);
    this.measure();
  },
  unmounted() {
    window.removeEventListener("resize", this.measure);
  },
  computed: {
    visible() { return this.shown.slice(0, this.most); },
    known() { return this.order.length; },
    shown() {
      const words = this.wanted.toLowerCase().split(/\s+/).filter(Boolean);
      let rows = this.told ? this.order.map((id) => this.rows.get(id)) : [];
      if (words.length) rows = rows.filter((row) => { const all = this.textOf(row); return words.every((word) => all.includes(word)); });
      if (this.by === null) return rows;
      const sign = this.down ? -1 : 1;
      return rows.sort((a, b) => sign * this.compare(this.rank(a[this.by]), this.rank(b[this.by])));
    },
  },
  methods: {
    apply(text) {
      const { put, order } = JSON.parse(text);
      // A row is another object when any of its cells is other. Vue need not watch each cell of each row for that.
      for (const [id, cells] of Object.entries(put)) this.rows.set(id, { ...this.rows.get(id), ...cells });
      if (order) {
        this.order = Object.freeze(order);
        const there = new Set(order);
        for (const id of this.rows.keys()) if (!there.has(id)) this.rows.delete(id);
        this.$nextTick(() => this.measure && this.measure());
      }
      this.told += 1;
    },
    textOf(row) {
      return this.columns.map((c) => { const cell = row[c.name]; return typeof cell === "string" ? cell : cell && cell.text ? cell.text + " " + (cell.sub || "") : ""; }).join(" ").toLowerCase();
    },
    rank(cell) { return cell === null || cell === undefined ? null : typeof cell === "string" ? cell : cell.rank ?? cell.text; },
    compare(a, b) {
      if (a === b) return 0;
      if (a === null) return -1;
      if (b === null) return 1;
      return typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : a < b ? -1 : 1;
    },
    sort(column) {
      if (this.by === column.name && !this.down) this.down = true;
      else if (this.by === column.name) { this.by = null; this.down = false; }
      else { this.by = column.name; this.down = false; }
    },
    hint(cell) {
      if (!cell.moment) return cell.hint;
      return cell.hint + " · " + new Date(cell.rank / 1e6).toLocaleString([], { timeZoneName: "short" });
    },
    sorted(c) { return !c.sortable ? undefined : this.by !== c.name ? "none" : this.down ? "descending" : "ascending"; },
    way(c) { return this.by !== c.name ? "" : this.down ? "▼" : "▲"; },
  },
};
