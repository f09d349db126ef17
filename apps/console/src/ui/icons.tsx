import type { ReactNode } from 'react'

interface IconProps {
  readonly size?: number
}

const icon =
  (shape: ReactNode) =>
  ({ size = 18 }: IconProps): ReactNode => (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shape}
    </svg>
  )

export const ChatIcon = icon(
  <>
    <path d="M20.5 11.5a7.5 7.5 0 0 1-10.9 6.7L4 20l1.8-5A7.5 7.5 0 1 1 20.5 11.5Z" />
    <path d="M9.3 10h7.4M9.3 13.4h4.6" />
  </>,
)
export const PeopleIcon = icon(
  <>
    <circle cx="9" cy="8" r="3.6" />
    <path d="M2.8 19.5c.5-3.4 3-5.3 6.2-5.3s5.7 1.9 6.2 5.3M15.6 4.8a3.6 3.6 0 0 1 0 6.4M18 14.7c1.8.8 3 2.4 3.3 4.8" />
  </>,
)
export const BookIcon = icon(
  <path d="M5 4.5h5.2c1 0 1.8.8 1.8 1.8v13.2c0-1-.8-1.8-1.8-1.8H5Zm14 0h-5.2c-1 0-1.8.8-1.8 1.8v13.2c0-1 .8-1.8 1.8-1.8H19Z" />,
)
export const SignOutIcon = icon(<path d="M14 4.5H6.5v15H14M11 12h9.5m0 0-3.4-3.4m3.4 3.4-3.4 3.4" />)
export const SendIcon = icon(<path d="M12 19.5v-15m0 0L5.8 10.7M12 4.5l6.2 6.2" />)
export const ArrowDownIcon = icon(<path d="M12 5v14m0 0-5.6-5.6M12 19l5.6-5.6" />)
export const ArrowRightIcon = icon(<path d="M4.5 12h15m0 0-5.6-5.6m5.6 5.6-5.6 5.6" />)
export const ChevronIcon = icon(<path d="m9.5 6 6 6-6 6" />)
export const PauseIcon = icon(<path d="M9 5.5v13M15 5.5v13" />)
export const PlayIcon = icon(<path d="M8 5.2v13.6L18.8 12Z" />)
export const ClearIcon = icon(<path d="M4.5 7h15M9.5 7V4.5h5V7m-8 0 .9 12.5h9.2L17.5 7" />)
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.2" />
    <path d="M12 7.4V12l3 2" />
  </>,
)
export const CheckIcon = icon(<path d="m5 12.6 4.6 4.6L19 7.6" />)
export const DoubleCheckIcon = icon(<path d="m2.5 12.8 4.3 4.3 8.4-9M11.6 16.2l.9.9 9-9.6" />)
export const WarningIcon = icon(
  <path d="M12 9.2v4.4m0 3.1v.1M10.4 4.5 2.9 17.8a1.8 1.8 0 0 0 1.6 2.7h15a1.8 1.8 0 0 0 1.6-2.7L13.6 4.5a1.8 1.8 0 0 0-3.2 0Z" />,
)
export const OfflineIcon = icon(
  <path d="M3.5 3.5l17 17M8.6 15.4a5 5 0 0 1 6.2-.6M5.2 12a9.6 9.6 0 0 1 4.2-2.5M2.5 8.6A14 14 0 0 1 6.6 6m4-1a14 14 0 0 1 10.9 3.6M18.8 12a9.6 9.6 0 0 0-4-2.4M12 19.2v.1" />,
)
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="3.8" />
    <path d="M12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4" />
  </>,
)
export const MoonIcon = icon(<path d="M19.8 14.3A8.2 8.2 0 0 1 9.7 4.2a8.2 8.2 0 1 0 10.1 10.1Z" />)
export const ScreenIcon = icon(<path d="M3.5 5h17v11h-17ZM8.5 20h7M12 16v4" />)
export const StreamIcon = icon(<path d="M3.5 7.5h9m4 0h4M3.5 12h3m4 0h10M3.5 16.5h11m4 0h2" />)
export const PlusIcon = icon(<path d="M12 5.5v13M5.5 12h13" />)
export const CloseIcon = icon(<path d="m6.5 6.5 11 11m0-11-11 11" />)
export const SearchIcon = icon(
  <>
    <circle cx="10.8" cy="10.8" r="6" />
    <path d="m15.4 15.4 4.6 4.6" />
  </>,
)
export const RefreshIcon = icon(<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3l2.2 2.2M19.5 4.5v4.4h-4.4" />)
export const CopyIcon = icon(<path d="M9 9h10.5v10.5H9ZM15 9V4.5H4.5V15H9" />)
export const ArrowUpIcon = icon(<path d="M12 19V5m0 0L6.4 10.6M12 5l5.6 5.6" />)
export const PencilIcon = icon(<path d="m5 15.6-.8 4.2 4.2-.8L19 8.4 15.6 5ZM13.2 7.4l3.4 3.4" />)
export const TopicIcon = icon(
  <path d="m12 4 8.5 4.3L12 12.6 3.5 8.3ZM3.5 12.2 12 16.5l8.5-4.3M3.5 16 12 20.3 20.5 16" />,
)
export const GroupIcon = icon(
  <path d="M12 4.5v4M12 8.5 6 14m6-5.5 6 5.5m-6-5.5V14M3.8 14h4.4v5H3.8Zm6 0h4.4v5H9.8Zm6 0h4.4v5h-4.4Z" />,
)
export const GaugeIcon = icon(<path d="M4.2 17.5a8.6 8.6 0 1 1 15.6 0M12 13.4l3.8-4.6M10.9 15.2h2.2" />)
