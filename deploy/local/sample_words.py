"""Words that the sample portfolio is made of; odd names on purpose, nobody's real data."""

from __future__ import annotations

FIRST_NAMES = tuple(
    "Ana Bruno Carla Daniel Eduarda Fábio Gabriela Heitor Inês João Karina Luís Márcia Natália Otávio "
    "Patrícia Quitéria Rafael Sônia Tiago Ubirajara Vânia Wagner Xênia Yasmin Zélia Conceição Antônio".split()
)
FAMILY_NAMES = tuple(
    "Almeida Barbosa Cardoso Duarte Esteves Fonseca Gonçalves Henriques Ibiapina Junqueira Lacerda Machado "
    "Nóbrega Oliveira Peçanha Queiroz Rezende Simões Tavares Uchôa Vasconcelos Ximenes Zanetti Araújo".split()
)
TRADES = (
    "Padaria",
    "Oficina Mecânica",
    "Clínica",
    "Construtora",
    "Transportadora",
    "Farmácia",
    "Escola",
    "Auto Peças",
    "Supermercado",
    "Gráfica",
    "Laboratório",
    "Restaurante",
    "Marcenaria",
    "Óptica",
)
ODD_NAMES = (
    "D'Ávila & Irmãos – Comércio de Ferragens Ltda.",
    'Associação "Amigos do Bairro" de São José d\'Oeste',
    "Ñandú Importação e Exportação S.A.",
    "3 Irmãs; Confecções ME",
    "=SOMA Tecnologia Ltda.",
    "<b>Negrito</b> Comunicação Visual",
    "Ü",
    "Condomínio Edifício Residencial Professora Maria da Conceição Albuquerque de Holanda Cavalcanti Bloco B",
    "@rroba Mídia Digital",
    "O'Connor, Łukasz e Associados",
    "Robert'); DROP TABLE clientes;--",
    "Água  de   Coco    Ltda.",
)
STREETS = (
    "Rua das Acácias",
    "Avenida Brasil",
    "Praça da Sé",
    "Rua XV de Novembro",
    "Alameda dos Ipês",
    "Travessa do Comércio",
    "Rodovia BR-116, km 12",
)
DISTRICTS = ("Centro", "Jardim América", "Boa Vista", "Vila Nova", "Santa Efigênia", "Água Verde")
PLACES = (
    ("São Paulo", "SP", "3550308", "01310"),
    ("Belo Horizonte", "MG", "3106200", "30130"),
    ("Curitiba", "PR", "4106902", "80010"),
    ("Recife", "PE", "2611606", "50030"),
    ("Porto Alegre", "RS", "4314902", "90010"),
    ("Goiânia", "GO", "5208707", "74003"),
    ("Embu-Guaçu", "SP", "3515103", "06900"),
)
