-- For the pages: a table that a chapter writes itself gets a box of its own to scroll in, as those of
-- the results have, and its words wrap.
local function boxed(blocks)
  return blocks:walk({
    Table = function(t)
      -- in pairs, since a table with keys has no order and the page would change from run to run
      local attributes = { { "role", "region" }, { "aria-label", "Table" }, { "tabindex", "0" } }
      return pandoc.Div({ t }, pandoc.Attr("", { "scroll", "words" }, attributes)), false
    end,
    Div = function(d)
      if d.classes:includes("scroll") then return d, false end
    end,
    traverse = "topdown",
  })
end

function Pandoc(document)
  document.blocks = boxed(document.blocks)
  return document
end
