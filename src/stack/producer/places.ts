/** Places where card holders live: real names, coordinates and zip codes, population as of the 2010 census. */

export interface Place {
  readonly city: string;
  readonly state: string;
  readonly zip: number;
  readonly lat: number;
  readonly long: number;
  readonly population: number;
}

/** Below this many people a place counts as rural. */
export const RURAL_BELOW = 2_500;

const TABLE: readonly (readonly [string, string, number, number, number, number])[] = [
  ['New York', 'NY', 10001, 40.7506, -73.9972, 8175133],
  ['Los Angeles', 'CA', 90001, 33.9731, -118.2479, 3792621],
  ['Chicago', 'IL', 60601, 41.8858, -87.6181, 2695598],
  ['Houston', 'TX', 77002, 29.7594, -95.3594, 2099451],
  ['Philadelphia', 'PA', 19104, 39.9597, -75.2024, 1526006],
  ['Phoenix', 'AZ', 85004, 33.4512, -112.0685, 1445632],
  ['San Antonio', 'TX', 78205, 29.4237, -98.4925, 1327407],
  ['San Diego', 'CA', 92101, 32.7185, -117.1593, 1307402],
  ['Dallas', 'TX', 75201, 32.7904, -96.8044, 1197816],
  ['Columbus', 'OH', 43215, 39.9671, -83.0044, 787033],
  ['Charlotte', 'NC', 28202, 35.229, -80.8419, 731424],
  ['Boston', 'MA', 2108, 42.3576, -71.0684, 617594],
  ['Seattle', 'WA', 98101, 47.6114, -122.3305, 608660],
  ['Denver', 'CO', 80202, 39.7491, -104.9946, 600158],
  ['Portland', 'OR', 97204, 45.5181, -122.6745, 583776],
  ['Albuquerque', 'NM', 87102, 35.0818, -106.6482, 545852],
  ['Kansas City', 'MO', 64105, 39.1024, -94.5986, 459787],
  ['Atlanta', 'GA', 30303, 33.7529, -84.3925, 420003],
  ['Omaha', 'NE', 68102, 41.2589, -95.9409, 408958],
  ['Miami', 'FL', 33130, 25.7672, -80.2058, 399457],
  ['Minneapolis', 'MN', 55401, 44.9835, -93.2683, 382578],
  ['New Orleans', 'LA', 70112, 29.9605, -90.0753, 343829],
  ['Saint Petersburg', 'FL', 33710, 27.7898, -82.7243, 341043],
  ['Boise', 'ID', 83702, 43.6322, -116.2052, 205671],
  ['Salt Lake City', 'UT', 84101, 40.7559, -111.8967, 186440],
  ['Clarksville', 'TN', 37040, 36.522, -87.349, 151785],
  ['Clarinda', 'IA', 51632, 40.7491, -95.038, 7297],
  ['Edinburg', 'VA', 22824, 38.8432, -78.6003, 6018],
  ['Harrington Park', 'NJ', 7640, 40.9918, -73.98, 4664],
  ['Malad City', 'ID', 83252, 42.1808, -112.262, 4154],
  ['Moravian Falls', 'NC', 28654, 36.0788, -81.1781, 3495],
  ['Holcomb', 'KS', 67851, 37.9931, -100.9893, 2691],
  ['Dublin', 'PA', 18917, 40.375, -75.2045, 2158],
  ['Boulder', 'MT', 59632, 46.2306, -112.1138, 1939],
  ['Shenandoah Junction', 'WV', 25442, 39.3716, -77.8229, 1925],
  ['Manor', 'PA', 15665, 40.3359, -79.6607, 1472],
  ['High Rolls Mountain Park', 'NM', 88325, 32.9396, -105.8189, 899],
  ['Grenada', 'CA', 96038, 41.6125, -122.5258, 589],
  ['Orient', 'WA', 99160, 48.8878, -118.2105, 149],
  ['Doe Hill', 'VA', 24433, 38.4207, -79.4629, 99],
];

export const PLACES: readonly Place[] = TABLE.map(([city, state, zip, lat, long, population]) => ({
  city,
  state,
  zip,
  lat,
  long,
  population,
}));
