import { type EChartsCoreOption, init } from 'echarts';
import type { Chart } from './charts.ts';

const size = { width: 860, height: 420 };

/** Draws a chart as SVG. */
export const drawChart = (chart: Chart): string => {
  const picture = init(null, null, { renderer: 'svg', ssr: true, ...size });
  picture.setOption({ ...common(chart), ...(chart.kind === 'lines' ? lineOption(chart) : barOption(chart)) });
  const svg = picture.renderToSVGString();
  picture.dispose();
  // a title for readers who do not see it, and no styles for a pointer: a picture in a page has none
  return svg.replace(/<style >.*?<\/style>\s*/s, '').replace('>', `>\n<title>${chart.title}</title>`);
};

const common = ({ title }: Chart): EChartsCoreOption => ({
  animation: false,
  backgroundColor: '#ffffff',
  title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
  legend: { bottom: 0, itemGap: 24 },
});

const lineOption = ({ x, y, lines, limit, limitName }: Extract<Chart, { kind: 'lines' }>): EChartsCoreOption => ({
  grid: { left: 70, right: 60, top: 60, bottom: 90 },
  xAxis: {
    ...{ type: x.isLogarithmic ? 'log' : 'value', name: x.name, nameLocation: 'middle', nameGap: 28 },
    ...{ min: 'dataMin', max: 'dataMax' },
  },
  yAxis: { type: y.isLogarithmic ? 'log' : 'value', name: y.name },
  series: lines.map(({ name, points }, index) => ({
    ...{ name, type: 'line', data: points },
    ...(index === 0 ? { markLine: limitLine(limit, limitName) } : {}),
  })),
});

const limitLine = (limit: number, name: string) => ({
  silent: true,
  symbol: 'none',
  lineStyle: { type: 'dashed', color: '#888888' },
  label: { formatter: name },
  data: [{ yAxis: limit }],
});

// horizontal: the names are long
const barOption = ({ y, names, parts }: Extract<Chart, { kind: 'bars' }>): EChartsCoreOption => ({
  grid: { left: 220, right: 60, top: 40, bottom: 80 },
  xAxis: { type: 'value', name: y.name },
  yAxis: { type: 'category', data: names, inverse: true },
  series: parts.map(({ name, values }) => ({ name, type: 'bar', stack: 'all', data: values, barMaxWidth: 24 })),
});
