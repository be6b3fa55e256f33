//! What is bought, where and by whom, in six languages.

/// How one country buys.
pub(super) struct Locale {
    pub(super) language: &'static str,
    pub(super) country: &'static str,
    /// The register of its companies.
    pub(super) companies: &'static str,
    /// The register of its public bodies.
    pub(super) bodies: &'static str,
    pub(super) currency: &'static str,
    /// Its offset from UTC.
    pub(super) offset: &'static str,
    /// How many of its currency make about one euro.
    pub(super) rate: u64,
    pub(super) places: [&'static str; 8],
    /// Titles: `{what}` and `{where}` are replaced.
    pub(super) titles: [&'static str; 4],
    /// What follows a title in a description.
    pub(super) details: [&'static str; 3],
    /// Names of public bodies.
    pub(super) buyers: [&'static str; 6],
    /// First words of company names.
    pub(super) names: [&'static str; 12],
    /// Second words of company names.
    pub(super) trades: [&'static str; 8],
    /// Legal forms.
    pub(super) forms: [&'static str; 3],
}

/// Something that is bought.
pub(super) struct Good {
    /// Its code in the Common Procurement Vocabulary.
    pub(super) cpv: &'static str,
    pub(super) category: &'static str,
    pub(super) unit: &'static str,
    /// Its name in the language of each locale.
    pub(super) names: [&'static str; 6],
}

const fn good(
    cpv: &'static str,
    category: &'static str,
    unit: &'static str,
    names: [&'static str; 6],
) -> Good {
    Good { cpv, category, unit, names }
}

// Tables: one row a line.
#[rustfmt::skip]
pub(super) const GOODS: [Good; 16] = [
    good("45233120", "works", "km", ["Road construction works", "Construção de estradas", "Construcción de caminos", "Construction de routes", "Výstavba silnic", "Budowa dróg"]),
    good("45214200", "works", "m2", ["Renovation of school buildings", "Requalificação de edifícios escolares", "Refacción de edificios escolares", "Rénovation de bâtiments scolaires", "Rekonstrukce školních budov", "Remont budynków szkolnych"]),
    good("45231300", "works", "m", ["Water pipelines and sewers", "Redes de abastecimento de água", "Redes de agua potable y alcantarillado", "Réseaux d'eau et d'assainissement", "Vodovody a kanalizace", "Wodociągi i kanalizacja"]),
    good("45221100", "works", "unit", ["Repair of a bridge", "Reparação de ponte", "Reparación de puente", "Réparation d'un pont", "Oprava mostu", "Remont mostu"]),
    good("33600000", "goods", "package", ["Medicines", "Medicamentos", "Medicamentos e insumos médicos", "Médicaments", "Léčivé přípravky", "Produkty lecznicze"]),
    good("33100000", "goods", "unit", ["X-ray equipment", "Equipamento de radiologia", "Equipos de rayos X", "Équipement de radiologie", "Rentgenové přístroje", "Aparaty rentgenowskie"]),
    good("30213000", "goods", "unit", ["Personal computers", "Computadores pessoais", "Computadoras personales", "Ordinateurs personnels", "Osobní počítače", "Komputery osobiste"]),
    good("39130000", "goods", "unit", ["Office furniture", "Mobiliário de escritório", "Muebles de oficina", "Mobilier de bureau", "Kancelářský nábytek", "Meble biurowe"]),
    good("34110000", "goods", "unit", ["Electric vehicles", "Veículos elétricos", "Vehículos eléctricos", "Véhicules électriques", "Elektromobily", "Pojazdy elektryczne"]),
    good("15800000", "goods", "kg", ["School meals and food products", "Refeições escolares", "Almuerzo escolar y alimentos", "Denrées alimentaires pour cantines", "Potraviny pro školní jídelny", "Żywność dla szkół"]),
    good("09310000", "goods", "MWh", ["Electricity", "Energia elétrica", "Energía eléctrica", "Électricité", "Dodávka elektřiny", "Dostawa energii elektrycznej"]),
    good("90910000", "services", "month", ["Cleaning services", "Serviços de limpeza", "Servicios de limpieza", "Services de nettoyage", "Úklidové služby", "Usługi sprzątania"]),
    good("79710000", "services", "month", ["Security services", "Serviços de segurança e vigilância", "Servicios de seguridad y vigilancia", "Services de sécurité et de gardiennage", "Bezpečnostní služby", "Usługi ochrony"]),
    good("72200000", "services", "day", ["Software development", "Desenvolvimento de software", "Desarrollo de programas informáticos", "Développement de logiciels", "Vývoj informačního systému", "Rozwój oprogramowania"]),
    good("71300000", "services", "day", ["Engineering design and supervision", "Fiscalização e projeto de engenharia", "Fiscalización y diseño de ingeniería", "Ingénierie et maîtrise d'œuvre", "Projektová dokumentace a dozor", "Dokumentacja projektowa i nadzór"]),
    good("60130000", "services", "km", ["School transport", "Transporte escolar", "Transporte escolar rural", "Transport scolaire", "Školní autobusová doprava", "Dowóz uczniów do szkół"]),
];

#[rustfmt::skip]
pub(super) const LOCALES: [Locale; 6] = [
    Locale {
        language: "en",
        country: "United Kingdom",
        companies: "GB-COH",
        bodies: "GB-GOR",
        currency: "GBP",
        offset: "Z",
        rate: 1,
        places: ["Aberdeen", "Bristol", "Cardiff", "Derry", "Exeter", "Falkirk", "Gateshead", "Hull"],
        titles: ["{what} in {where}", "{what} for {where}: framework agreement", "{where}: {what}, phase 2", "Urgent purchase: {what}, {where} and district"],
        details: ["Tenderers must show three comparable contracts of the last five years.", "Includes maintenance for 24 months after handover.", "Variant bids are not accepted; a site visit is required."],
        buyers: ["{where} City Council", "{where} County Council", "University Hospitals {where}", "{where} Housing Trust", "Ports and Roads Agency {where}", "University of {where}"],
        names: ["Northgate", "Harrow", "Bluebell", "Kestrel", "Ashdown", "Whitby", "Fairway", "Marlow", "Redwood", "Thames", "Pennine", "Solent"],
        trades: ["Construction", "Medical", "Systems", "Logistics", "Facilities", "Energy", "Engineering", "Supplies"],
        forms: ["Ltd", "plc", "LLP"],
    },
    Locale {
        language: "pt",
        country: "Portugal",
        companies: "PT-NIPC",
        bodies: "PT-NIF",
        currency: "EUR",
        offset: "+01:00",
        rate: 1,
        places: ["Évora", "Bragança", "Setúbal", "Guimarães", "Portimão", "Viseu", "Leiria", "São João da Madeira"],
        titles: ["{what} em {where}", "{what} para o município de {where}", "Acordo-quadro: {what} ({where})", "{where}: {what}, lote único"],
        details: ["O concorrente deve apresentar alvará válido à data da proposta.", "Inclui manutenção durante vinte e quatro meses.", "Não são admitidas propostas variantes."],
        buyers: ["Câmara Municipal de {where}", "Hospital Distrital de {where}", "Universidade de {where}", "Agrupamento de Escolas de {where}", "Águas de {where}", "Administração Regional de Saúde de {where}"],
        names: ["Almeida", "Conceição", "Falcão", "Magalhães", "Simões", "Tejo", "Douro", "Atlântico", "Ibérica", "Monção", "Araújo", "Brandão"],
        trades: ["Construções", "Médica", "Sistemas", "Transportes", "Serviços", "Energia", "Engenharia", "Comércio"],
        forms: ["Lda.", "S.A.", "Unipessoal Lda."],
    },
    Locale {
        language: "es",
        country: "Paraguay",
        companies: "PY-RUC",
        bodies: "PY-PGN",
        currency: "PYG",
        offset: "-04:00",
        rate: 8000,
        places: ["Asunción", "Encarnación", "Caaguazú", "Concepción", "Itapúa", "Ñemby", "Ypacaraí", "Pedro Juan Caballero"],
        titles: ["{what} en {where}", "{what} para la Municipalidad de {where}", "Licitación plurianual: {what} ({where})", "{where}: {what}, segundo llamado"],
        details: ["El oferente deberá acreditar experiencia en obras o suministros similares.", "Incluye mantenimiento por veinticuatro meses.", "No se aceptarán ofertas alternativas."],
        buyers: ["Municipalidad de {where}", "Gobernación de {where}", "Hospital Regional de {where}", "Universidad Nacional de {where}", "Dirección de Caminos de {where}", "Junta de Saneamiento de {where}"],
        names: ["Núñez", "Ybytyruzú", "Guaraní", "Cabañas", "Peña", "Chaco", "Paraná", "Acosta", "Giménez", "Tebicuary", "Aguaí", "Kurupí"],
        trades: ["Construcciones", "Médica", "Sistemas", "Transportes", "Servicios", "Energía", "Ingeniería", "Comercial"],
        forms: ["S.A.", "S.R.L.", "E.A.S."],
    },
    Locale {
        language: "fr",
        country: "France",
        companies: "FR-RCS",
        bodies: "FR-SIRENE",
        currency: "EUR",
        offset: "+01:00",
        rate: 1,
        places: ["Besançon", "Saint-Étienne", "Nîmes", "Orléans", "Angoulême", "Évreux", "Châteauroux", "Béziers"],
        titles: ["{what} à {where}", "{what} pour la ville de {where}", "Accord-cadre : {what} ({where})", "{where} : {what}, tranche ferme"],
        details: ["Le candidat présentera trois références de moins de cinq ans.", "La maintenance est comprise pendant vingt-quatre mois.", "Les variantes ne sont pas autorisées."],
        buyers: ["Ville de {where}", "Communauté d'agglomération de {where}", "Centre hospitalier de {where}", "Université de {where}", "Office public de l'habitat de {where}", "Syndicat des eaux de {where}"],
        names: ["Lefèvre", "Gâtinais", "Bréhat", "Côté", "Vézère", "Garnier", "Île-de-Ré", "Mézières", "Noël", "Prévost", "Sévigné", "Thévenet"],
        trades: ["Bâtiment", "Santé", "Informatique", "Transports", "Services", "Énergie", "Ingénierie", "Distribution"],
        forms: ["SARL", "SAS", "SA"],
    },
    Locale {
        language: "cs",
        country: "Česko",
        companies: "CZ-ICO",
        bodies: "CZ-DIC",
        currency: "CZK",
        offset: "+01:00",
        rate: 25,
        places: ["Brno", "Plzeň", "České Budějovice", "Jihlava", "Děčín", "Zlín", "Třebíč", "Ústí nad Labem"],
        titles: ["{what}, {where}", "{what} pro město {where}", "Rámcová dohoda: {what} ({where})", "{where}: {what}, 2. etapa"],
        details: ["Dodavatel doloží tři srovnatelné zakázky za posledních pět let.", "Součástí je údržba po dobu dvaceti čtyř měsíců.", "Varianty nabídek nejsou přípustné."],
        buyers: ["Statutární město {where}", "Krajská nemocnice {where}", "Univerzita {where}", "Správa silnic {where}", "Vodárny {where}", "Základní škola {where}"],
        names: ["Dvořák", "Říha", "Šumava", "Vltava", "Krkonoše", "Žižka", "Černý", "Novotný", "Bečva", "Jizera", "Kříž", "Světlá"],
        trades: ["Stavby", "Zdraví", "Systémy", "Doprava", "Služby", "Energie", "Projekt", "Obchod"],
        forms: ["s.r.o.", "a.s.", "v.o.s."],
    },
    Locale {
        language: "pl",
        country: "Polska",
        companies: "PL-KRS",
        bodies: "PL-REGON",
        currency: "PLN",
        offset: "+01:00",
        rate: 4,
        places: ["Łódź", "Gdańsk", "Białystok", "Rzeszów", "Świdnica", "Częstochowa", "Toruń", "Zielona Góra"],
        titles: ["{what}, {where}", "{what} dla gminy {where}", "Umowa ramowa: {what} ({where})", "{where}: {what}, część 1"],
        details: ["Wykonawca wykaże trzy podobne zamówienia z ostatnich pięciu lat.", "Zamówienie obejmuje serwis przez dwadzieścia cztery miesiące.", "Oferty wariantowe nie są dopuszczalne."],
        buyers: ["Gmina {where}", "Szpital Wojewódzki {where}", "Uniwersytet {where}", "Zarząd Dróg {where}", "Wodociągi {where}", "Zespół Szkół {where}"],
        names: ["Wójcik", "Zając", "Mazury", "Wisła", "Jabłoński", "Śląsk", "Kamiński", "Bałtyk", "Orzeł", "Dąbrowa", "Źródło", "Górski"],
        trades: ["Budownictwo", "Medyczna", "Systemy", "Transport", "Usługi", "Energia", "Inżynieria", "Handel"],
        forms: ["Sp. z o.o.", "S.A.", "sp.j."],
    },
];

/// Fills the places of a pattern.
pub(super) fn filled(pattern: &str, what: &str, place: &str) -> String {
    pattern.replace("{what}", what).replace("{where}", place)
}
