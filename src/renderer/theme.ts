/** Mantine in our design language: measures and colours come from the custom properties in styles/tokens.css. */
import {
  ActionIcon,
  Button,
  Checkbox,
  createTheme,
  Drawer,
  Input,
  Modal,
  SegmentedControl,
  TextInput,
  Tooltip,
  type VariantColorsResolver,
} from '@mantine/core';

const variantColorResolver: VariantColorsResolver = ({ variant }) => {
  if (variant === 'filled') return colors('var(--fill)', 'var(--fill-hover)', '#fff', 'transparent');
  if (variant === 'subtle') return colors('transparent', 'var(--bg-3)', 'var(--ink-2)', 'transparent');
  return colors('var(--bg-3)', 'var(--bg-4)', 'var(--ink-1)', 'var(--line-2)');
};

const colors = (background: string, hover: string, color: string, border: string) => ({
  background,
  hover,
  color,
  border: `1px solid ${border}`,
});

// React Remove Scroll writes a <style> element, which the content security policy refuses; nothing scrolls behind anyway.
const overlay = { lockScroll: false, transitionProps: { duration: 180 }, overlayProps: { backgroundOpacity: 1 } };

export const theme = createTheme({
  variantColorResolver,
  defaultRadius: 6,
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { variant: 'default' },
      vars: (_theme, { size }) => ({
        root: {
          '--button-height': size === 'xs' ? '24px' : '28px',
          '--button-padding-x': size === 'xs' ? '8px' : '10px',
          '--button-fz': '12px',
        },
      }),
    }),
    ActionIcon: ActionIcon.extend({
      defaultProps: { variant: 'subtle' },
      vars: (_theme, { size }) => ({ root: { '--ai-size': size === 'xs' ? '24px' : '28px' } }),
    }),
    Input: Input.extend({
      vars: () => ({ wrapper: { '--input-height': '28px', '--input-fz': '12px', '--input-radius': '6px' } }),
    }),
    TextInput: TextInput.extend({ defaultProps: { spellCheck: false, autoComplete: 'off' } }),
    SegmentedControl: SegmentedControl.extend({
      vars: () => ({ root: { '--sc-font-size': '12px', '--sc-padding': '3px 10px', '--sc-radius': '6px' } }),
    }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'xs', radius: 4 } }),
    Drawer: Drawer.extend({ defaultProps: { ...overlay, position: 'right' } }),
    Modal: Modal.extend({ defaultProps: { ...overlay, centered: true } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, events: { hover: true, focus: true, touch: false } } }),
  },
});
