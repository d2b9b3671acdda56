// The same, with what only the pages of sectors draw: areas within areas, and flows.
import { SankeyChart, TreemapChart } from "echarts/charts";
import { use } from "echarts/core";

use([SankeyChart, TreemapChart]);

export * from "./parts.js";
