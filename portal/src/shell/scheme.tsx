import { Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { Icon } from '../parts/icon.tsx'
import css from './shell.module.css'

const schemes = [
  { value: 'light', text: 'Light', icon: 'sun' },
  { value: 'dark', text: 'Dark', icon: 'moon' },
  { value: 'auto', text: 'As the system', icon: 'auto' },
] as const

/** Light, dark, or as the system is. */
export function SchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const computed = useComputedColorScheme('light')
  return (
    <Menu position="bottom-end" width={180} shadow="md">
      <Menu.Target>
        <button type="button" className={css.tool} aria-label="Light or dark" title="Light or dark">
          <Icon name={computed === 'dark' ? 'moon' : 'sun'} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(s => (
          <Menu.Item
            key={s.value}
            leftSection={<Icon name={s.icon} size={16} />}
            rightSection={colorScheme === s.value ? <Icon name="check" size={14} /> : null}
            aria-current={colorScheme === s.value}
            onClick={() => setColorScheme(s.value)}
          >
            {s.text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
