"""How a language writes and says amounts, dates, times, units and abbreviations: tables, and the locale of a language tag. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from offhook.speech.saying.numerals import Gender

Noun = tuple[Gender, str, str]
"""Of what kind, one of it, several of it."""


@dataclass(frozen=True, eq=False)
class Locale:
    """What is said how, in one country's way of one language. A language that is not known has no words at all."""

    language: str = ""
    region: str = ""
    decimal: str = "."
    month_first: bool = False
    british: bool = False
    """Says "one hundred and one"."""
    point: str = ""
    minus: str = ""
    plus: str = ""
    times: str = ""
    equals: str = ""
    to: str = ""
    """Between the ends of a range."""
    percent: str = ""
    at: str = ""
    dot: str = ""
    slash: str = ""
    ampersand: str = ""
    number: str = ""
    """Before the number of something."""
    per: str = ""
    """Between a price and what it is for."""
    periods: Mapping[str, str] = field(default_factory=dict)
    """What it may be for, in short."""
    day_words: str = ""
    """Words before a day and a month that are written as 24/12, as a pattern."""
    months: tuple[str, ...] = ()
    months_short: Mapping[str, int] = field(default_factory=dict)
    weekdays_short: Mapping[str, str] = field(default_factory=dict)
    money: Mapping[str, tuple[Noun, Noun]] = field(default_factory=dict)
    """By code: the currency and its hundredth."""
    units: Mapping[str, Noun] = field(default_factory=dict)
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    """As they are written, with their dots; each stands by itself."""
    before_names: Mapping[str, str] = field(default_factory=dict)
    """Those that are said so only before a word with a capital."""
    scales: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Words and signs after a number that make it a large one: one of it, several."""
    fractions: Mapping[str, str] = field(default_factory=dict)
    feminine: str = ""
    """Nouns before which a number takes a feminine form, as a pattern."""
    no_nouns: str = ""
    """Words after a number that are none of what is counted, as a pattern."""
    year_words: str = ""
    """Words before a year, as a pattern."""
    code_words: str = ""
    """Words before a number that is read digit by digit, as a pattern."""

    @property
    def known(self) -> bool:
        """False: only what is the same in every language may be done."""
        return bool(self.language)

    @property
    def grouping(self) -> str:
        """What stands between thousands."""
        return "," if self.decimal == "." else "."


SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}

_EN_UNITS: dict[str, Noun] = {
    "km": ("n", "kilometer", "kilometers"), "m": ("n", "meter", "meters"), "cm": ("n", "centimeter", "centimeters"),
    "mm": ("n", "millimeter", "millimeters"), "kg": ("n", "kilogram", "kilograms"), "g": ("n", "gram", "grams"),
    "mg": ("n", "milligram", "milligrams"), "l": ("n", "liter", "liters"), "L": ("n", "liter", "liters"),
    "ml": ("n", "milliliter", "milliliters"), "km/h": ("n", "kilometer per hour", "kilometers per hour"),
    "mph": ("n", "mile per hour", "miles per hour"), "mi": ("n", "mile", "miles"), "ft": ("n", "foot", "feet"),
    "yd": ("n", "yard", "yards"), "lb": ("n", "pound", "pounds"), "lbs": ("n", "pound", "pounds"),
    "oz": ("n", "ounce", "ounces"), "m²": ("n", "square meter", "square meters"),
    "sq ft": ("n", "square foot", "square feet"), "°C": ("n", "degree Celsius", "degrees Celsius"),
    "°F": ("n", "degree Fahrenheit", "degrees Fahrenheit"), "°": ("n", "degree", "degrees"),
    "GB": ("n", "gigabyte", "gigabytes"), "MB": ("n", "megabyte", "megabytes"), "kB": ("n", "kilobyte", "kilobytes"),
    "TB": ("n", "terabyte", "terabytes"), "Mbps": ("n", "megabit per second", "megabits per second"),
    "kW": ("n", "kilowatt", "kilowatts"), "kWh": ("n", "kilowatt hour", "kilowatt hours"),
    "hr": ("n", "hour", "hours"), "hrs": ("n", "hour", "hours"), "h": ("n", "hour", "hours"),
    "min": ("n", "minute", "minutes"), "mins": ("n", "minute", "minutes"), "min.": ("n", "minute", "minutes"),
    "sec": ("n", "second", "seconds"), "secs": ("n", "second", "seconds"), "ms": ("n", "millisecond", "milliseconds"),
}  # fmt: skip

EN_US = Locale(
    language="en", region="US", month_first=True, point="point", minus="minus", plus="plus", times="times",
    equals="equals", to="to", percent="percent", at="at", dot="dot", slash="slash", ampersand="and", number="number",
    per="per", periods={"mo": "month", "yr": "year", "wk": "week", "pp": "person"},
    day_words="on|by|until|till|before|after|since|the",
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    months_short={
        "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Sept": 9, "Oct": 10, "Nov": 11,
        "Dec": 12,
    },
    weekdays_short={
        "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
        "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
    },
    money={
        "USD": (("n", "dollar", "dollars"), ("n", "cent", "cents")),
        "EUR": (("n", "euro", "euros"), ("n", "cent", "cents")),
        "GBP": (("n", "pound", "pounds"), ("n", "penny", "pence")),
        "CHF": (("n", "franc", "francs"), ("n", "centime", "centimes")),
        "JPY": (("n", "yen", "yen"), ("n", "sen", "sen")),
    },
    units=_EN_UNITS,
    abbreviations={
        "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "approx.": "approximately",
        "a.k.a.": "also known as", "Inc.": "Incorporated", "Ltd.": "Limited", "Co.": "Company", "Corp.": "Corporation",
        "Ave.": "Avenue", "Rd.": "Road", "Blvd.": "Boulevard", "Ln.": "Lane", "Hwy.": "Highway", "Apt.": "Apartment",
        "Dept.": "Department", "dept.": "department", "Jr.": "Junior", "Sr.": "Senior", "incl.": "including",
        "w/": "with", "w/o": "without", "ext.": "extension", "St.": "Street", "Dr.": "Drive", "P.S.": "P S",
    },
    before_names={
        "Dr.": "Doctor", "Dr": "Doctor", "Mr.": "Mister", "Mr": "Mister", "Mrs.": "Missus", "Mrs": "Missus",
        "Ms.": "Miz", "Ms": "Miz", "Prof.": "Professor", "St.": "Saint", "Rev.": "Reverend", "Gen.": "General",
        "Sgt.": "Sergeant", "Capt.": "Captain", "Mt.": "Mount", "Ft.": "Fort",
    },
    scales={
        "million": ("million", "million"), "billion": ("billion", "billion"), "thousand": ("thousand", "thousand"),
        "trillion": ("trillion", "trillion"), "M": ("million", "million"), "B": ("billion", "billion"),
        "k": ("thousand", "thousand"), "K": ("thousand", "thousand"), "bn": ("billion", "billion"),
    },
    fractions={
        "1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter", "3/4": "three quarters",
        "24/7": "twenty-four seven", "½": "one half", "⅓": "one third", "⅔": "two thirds", "¼": "one quarter",
        "¾": "three quarters",
    },
    year_words=r"in|since|until|till|by|of|from|year|©|before|after|back in|during",
    code_words=r"code|PIN|pin|zip|ZIP|extension|ext\.?|end(?:s|ing)?(?: in| with)?|account|reference|confirmation|order|number|room|flight|ID",
)  # fmt: skip

_BRITISH_UNITS = {
    unit: (kind, one.replace("meter", "metre").replace("liter", "litre"), more.replace("meter", "metre").replace("liter", "litre"))
    for unit, (kind, one, more) in _EN_UNITS.items()
}  # fmt: skip

EN_GB = replace(
    EN_US, region="GB", month_first=False, british=True, units=_BRITISH_UNITS | {"p": ("n", "penny", "pence")},
    code_words=EN_US.code_words + "|postcode",
)  # fmt: skip

DE_DE = Locale(
    language="de", region="DE", decimal=",", point="Komma", minus="minus", plus="plus", times="mal", equals="gleich",
    to="bis", percent="Prozent", at="at", dot="Punkt", slash="Schrägstrich", ampersand="und", number="Nummer",
    per="pro", periods={"Mon.": "Monat", "Pers": "Person", "Wo.": "Woche"},
    months=(
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
        "Dezember",
    ),
    months_short={
        "Jan": 1, "Feb": 2, "Mär": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Sept": 9, "Okt": 10, "Nov": 11,
        "Dez": 12,
    },
    weekdays_short={
        "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag", "Sa": "Samstag",
        "So": "Sonntag",
    },
    money={
        "EUR": (("m", "Euro", "Euro"), ("m", "Cent", "Cent")), "USD": (("m", "Dollar", "Dollar"), ("m", "Cent", "Cent")),
        "GBP": (("n", "Pfund", "Pfund"), ("m", "Penny", "Pence")), "CHF": (("m", "Franken", "Franken"), ("m", "Rappen", "Rappen")),
        "JPY": (("m", "Yen", "Yen"), ("m", "Sen", "Sen")),
    },
    units={
        "km": ("m", "Kilometer", "Kilometer"), "m": ("m", "Meter", "Meter"), "cm": ("m", "Zentimeter", "Zentimeter"),
        "mm": ("m", "Millimeter", "Millimeter"), "kg": ("n", "Kilogramm", "Kilogramm"), "g": ("n", "Gramm", "Gramm"),
        "mg": ("n", "Milligramm", "Milligramm"), "l": ("m", "Liter", "Liter"), "ml": ("m", "Milliliter", "Milliliter"),
        "km/h": ("m", "Stundenkilometer", "Stundenkilometer"), "m²": ("m", "Quadratmeter", "Quadratmeter"),
        "qm": ("m", "Quadratmeter", "Quadratmeter"), "°C": ("n", "Grad Celsius", "Grad Celsius"),
        "°": ("n", "Grad", "Grad"), "GB": ("n", "Gigabyte", "Gigabyte"), "MB": ("n", "Megabyte", "Megabyte"),
        "kW": ("n", "Kilowatt", "Kilowatt"), "kWh": ("f", "Kilowattstunde", "Kilowattstunden"),
        "Std.": ("f", "Stunde", "Stunden"), "Std": ("f", "Stunde", "Stunden"), "h": ("f", "Stunde", "Stunden"),
        "Min.": ("f", "Minute", "Minuten"), "Min": ("f", "Minute", "Minuten"), "min": ("f", "Minute", "Minuten"),
        "Sek.": ("f", "Sekunde", "Sekunden"), "s": ("f", "Sekunde", "Sekunden"), "Stk.": ("n", "Stück", "Stück"),
        "Pers.": ("f", "Person", "Personen"),
    },
    abbreviations={
        "z. B.": "zum Beispiel", "z.B.": "zum Beispiel", "d. h.": "das heißt", "d.h.": "das heißt",
        "u. a.": "unter anderem", "u.a.": "unter anderem", "usw.": "und so weiter", "bzw.": "beziehungsweise",
        "ca.": "circa", "Nr.": "Nummer", "Tel.": "Telefon", "Str.": "Straße", "ggf.": "gegebenenfalls",
        "inkl.": "inklusive", "zzgl.": "zuzüglich", "evtl.": "eventuell", "etc.": "et cetera", "vgl.": "vergleiche",
        "u. U.": "unter Umständen", "s. o.": "siehe oben", "i. d. R.": "in der Regel", "i.d.R.": "in der Regel",
        "o. ä.": "oder ähnliches", "v. a.": "vor allem", "bspw.": "beispielsweise", "max.": "maximal",
        "min.": "mindestens", "mind.": "mindestens", "Abs.": "Absatz",
    },
    before_names={
        "Dr.": "Doktor", "Prof.": "Professor", "Hr.": "Herr", "Fr.": "Frau", "St.": "Sankt", "Fa.": "Firma",
    },
    scales={
        "Mio.": ("Million", "Millionen"), "Mrd.": ("Milliarde", "Milliarden"), "Millionen": ("Million", "Millionen"),
        "Million": ("Million", "Millionen"), "Milliarden": ("Milliarde", "Milliarden"),
        "Milliarde": ("Milliarde", "Milliarden"), "Tsd.": ("tausend", "tausend"),
    },
    fractions={
        "1/2": "ein halb", "1/3": "ein Drittel", "2/3": "zwei Drittel", "1/4": "ein Viertel", "3/4": "drei Viertel",
        "24/7": "vierundzwanzig sieben", "½": "ein halb", "⅓": "ein Drittel", "⅔": "zwei Drittel", "¼": "ein Viertel",
        "¾": "drei Viertel",
    },
    feminine=(
        r"Person|Minute|Stunde|Sekunde|Woche|Nacht|Million|Milliarde|Karte|Flasche|Tasse|Portion|Stimme|Seite|Frage|Etage"
        r"|Nummer|Reservierung|Bestellung|Tonne|Meile|Stufe|Aufgabe"
    ),
    year_words=r"[Ss]eit|[Jj]ahr|[Jj]ahre|Anno|©",
    code_words=r"Code|PIN|Pin|endet auf|Postleitzahl|PLZ|Durchwahl|Kundennummer|Bestellnummer|Rechnungsnummer|Referenz|Nummer|Zimmer|Nr\.",
)  # fmt: skip

FR_FR = Locale(
    language="fr", region="FR", decimal=",", point="virgule", minus="moins", plus="plus", times="fois", equals="égale",
    to="à", percent="pour cent", at="arobase", dot="point", slash="barre oblique", ampersand="et", number="numéro", per="par", day_words="le|au|du", periods={"pers": "personne", "sem": "semaine"},
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    months_short={"janv": 1, "févr": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "déc": 12},
    weekdays_short={
        "lun": "lundi", "mar": "mardi", "mer": "mercredi", "jeu": "jeudi", "ven": "vendredi", "sam": "samedi",
        "dim": "dimanche",
    },
    money={
        "EUR": (("m", "euro", "euros"), ("m", "centime", "centimes")), "USD": (("m", "dollar", "dollars"), ("m", "cent", "cents")),
        "GBP": (("f", "livre", "livres"), ("m", "penny", "pence")), "CHF": (("m", "franc", "francs"), ("m", "centime", "centimes")),
        "JPY": (("m", "yen", "yens"), ("m", "sen", "sens")),
    },
    units={
        "km": ("m", "kilomètre", "kilomètres"), "m": ("m", "mètre", "mètres"), "cm": ("m", "centimètre", "centimètres"),
        "mm": ("m", "millimètre", "millimètres"), "kg": ("m", "kilo", "kilos"), "g": ("m", "gramme", "grammes"),
        "mg": ("m", "milligramme", "milligrammes"), "l": ("m", "litre", "litres"), "L": ("m", "litre", "litres"),
        "ml": ("m", "millilitre", "millilitres"), "km/h": ("m", "kilomètre à l'heure", "kilomètres à l'heure"),
        "m²": ("m", "mètre carré", "mètres carrés"), "°C": ("m", "degré Celsius", "degrés Celsius"),
        "°": ("m", "degré", "degrés"), "Go": ("m", "giga-octet", "giga-octets"), "Mo": ("m", "méga-octet", "méga-octets"),
        "kWh": ("m", "kilowattheure", "kilowattheures"), "min": ("f", "minute", "minutes"), "s": ("f", "seconde", "secondes"),
        "pers.": ("f", "personne", "personnes"),
    },
    abbreviations={
        "Mme": "Madame", "Mmes": "Mesdames", "Mlle": "Mademoiselle", "MM.": "Messieurs", "etc.": "et cetera",
        "p. ex.": "par exemple", "p.ex.": "par exemple", "c.-à-d.": "c'est-à-dire", "n°": "numéro", "N°": "numéro",
        "tél.": "téléphone", "Tél.": "téléphone", "env.": "environ", "bd": "boulevard", "av.": "avenue", "max.": "maximum",
        "RDV": "rendez-vous", "rdv": "rendez-vous", "svp": "s'il vous plaît", "SVP": "s'il vous plaît",
    },
    before_names={"M.": "Monsieur", "Dr": "Docteur", "Dr.": "Docteur", "Pr": "Professeur", "St": "Saint", "Ste": "Sainte"},
    scales={
        "million": ("million", "millions"), "millions": ("million", "millions"), "milliard": ("milliard", "milliards"),
        "milliards": ("milliard", "milliards"), "M": ("million", "millions"), "Md": ("milliard", "milliards"),
    },
    fractions={
        "1/2": "un demi", "1/3": "un tiers", "2/3": "deux tiers", "1/4": "un quart", "3/4": "trois quarts",
        "24/7": "vingt-quatre sept", "½": "un demi", "⅓": "un tiers", "⅔": "deux tiers", "¼": "un quart",
        "¾": "trois quarts",
    },
    feminine=(
        r"personnes?|heures?|minutes?|secondes?|semaines?|années?|nuits?|tables?|places?|chambres?|fois|journées?|livres?"
        r"|bouteilles?|tasses?|parts?|portions?|pizzas?|tonnes?|pages?|commandes?|réservations?|options?|questions?"
    ),
    no_nouns="et|ou|sur|pour|dans|avec|est|sont|par|puis",
    code_words=r"code|PIN|(?:termine|finissant) par|postal|poste|client|référence|commande|numéro|chambre|vol|dossier|n°",
)  # fmt: skip

ES_ES = Locale(
    language="es", region="ES", decimal=",", point="coma", minus="menos", plus="más", times="por", equals="igual a",
    to="a", percent="por ciento", at="arroba", dot="punto", slash="barra", ampersand="y", number="número", per="por", day_words="el|al|del", periods={"pers": "persona", "sem": "semana"},
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
    months_short={
        "ene": 1, "feb": 2, "mar": 3, "abr": 4, "jun": 6, "jul": 7, "ago": 8, "sept": 9, "oct": 10, "nov": 11, "dic": 12,
    },
    weekdays_short={"lun": "lunes", "mar": "martes", "mié": "miércoles", "jue": "jueves", "vie": "viernes", "sáb": "sábado", "dom": "domingo"},
    money={
        "EUR": (("m", "euro", "euros"), ("m", "céntimo", "céntimos")), "USD": (("m", "dólar", "dólares"), ("m", "centavo", "centavos")),
        "GBP": (("f", "libra", "libras"), ("m", "penique", "peniques")), "CHF": (("m", "franco", "francos"), ("m", "céntimo", "céntimos")),
        "JPY": (("m", "yen", "yenes"), ("m", "sen", "senes")),
    },
    units={
        "km": ("m", "kilómetro", "kilómetros"), "m": ("m", "metro", "metros"), "cm": ("m", "centímetro", "centímetros"),
        "mm": ("m", "milímetro", "milímetros"), "kg": ("m", "kilo", "kilos"), "g": ("m", "gramo", "gramos"),
        "mg": ("m", "miligramo", "miligramos"), "l": ("m", "litro", "litros"), "L": ("m", "litro", "litros"),
        "ml": ("m", "mililitro", "mililitros"), "km/h": ("m", "kilómetro por hora", "kilómetros por hora"),
        "m²": ("m", "metro cuadrado", "metros cuadrados"), "°C": ("m", "grado Celsius", "grados Celsius"),
        "°": ("m", "grado", "grados"), "GB": ("m", "gigabyte", "gigabytes"), "MB": ("m", "megabyte", "megabytes"),
        "kWh": ("m", "kilovatio hora", "kilovatios hora"), "min": ("m", "minuto", "minutos"), "h": ("f", "hora", "horas"),
        "s": ("m", "segundo", "segundos"), "pers.": ("f", "persona", "personas"),
    },
    abbreviations={
        "p. ej.": "por ejemplo", "p.ej.": "por ejemplo", "etc.": "etcétera", "Ud.": "usted", "Uds.": "ustedes",
        "Vd.": "usted", "n.º": "número", "nº": "número", "N.º": "número", "núm.": "número", "tel.": "teléfono",
        "Tel.": "teléfono", "avda.": "avenida", "Avda.": "avenida", "aprox.": "aproximadamente", "c/": "calle",
        "C/": "calle", "EE. UU.": "Estados Unidos", "EE.UU.": "Estados Unidos", "máx.": "máximo", "mín.": "mínimo",
        "pág.": "página", "dcha.": "derecha", "izq.": "izquierda",
    },
    before_names={
        "Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Dr.": "doctor", "Dra.": "doctora", "D.": "don",
        "Dña.": "doña", "Sta.": "Santa", "Sto.": "Santo", "Prof.": "profesor",
    },
    scales={
        "millón": ("millón", "millones"), "millones": ("millón", "millones"), "mil": ("mil", "mil"),
        "M": ("millón", "millones"),
    },
    fractions={
        "1/2": "un medio", "1/3": "un tercio", "2/3": "dos tercios", "1/4": "un cuarto", "3/4": "tres cuartos",
        "24/7": "veinticuatro siete", "½": "un medio", "⅓": "un tercio", "⅔": "dos tercios", "¼": "un cuarto",
        "¾": "tres cuartos",
    },
    feminine=r"(?!d[ií]as|problemas|programas|temas|sistemas|mapas|idiomas|pijamas|planetas)\w+(?:as?|ción|ciones|dad|dades)|noches?|veces|vez",
    no_nouns="por|para|con|del|los|las|sobre|hasta|entre|son|está",
    code_words=r"código|PIN|terminad[ao] en|termina en|postal|extensión|cliente|referencia|pedido|número|habitación|vuelo|n\.º|núm\.",
)  # fmt: skip

_BY_LANGUAGE = {"en": EN_GB, "de": DE_DE, "fr": FR_FR, "es": ES_ES}
_AMERICAN = ("", "US", "CA", "PH", "PR")
_WITH_POINT = ("MX", "US", "419", "PR", "GT", "HN", "NI", "SV", "PA", "DO", "CH", "LI")
"""Where Spanish, and German of Switzerland, has a decimal point."""
_NEUTRAL = Locale()


@lru_cache(maxsize=64)
def _in_region(language: str, region: str) -> Locale:
    found = _BY_LANGUAGE[language]
    if language == "en":
        return EN_US if region in _AMERICAN else EN_GB
    decimal = "." if language in ("es", "de") and region in _WITH_POINT else found.decimal
    return replace(found, region=region or found.region, decimal=decimal)


def locale_of(tag: str) -> Locale:
    """The locale of a language tag such as "en-GB"; one without words where the language is not known."""
    language, *others = tag.replace("_", "-").split("-")
    if language.lower() not in _BY_LANGUAGE:
        return _NEUTRAL
    region = next((each.upper() for each in others if len(each) in (2, 3) and each.isalnum()), "")
    return _in_region(language.lower(), region)
